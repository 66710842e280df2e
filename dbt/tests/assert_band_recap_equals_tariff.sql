{{ config(meta={'dagster': {'ref': {'name': 'fund_call_bands'}}}) }}
-- Annex 2's A × 2.00 + C × 0.10 + D × 5.00 is the sum of the journeys, to the cent.
select
    calls.campaign_id,
    calls.operator_id,
    calls.period_start_on
from {{ ref('fund_calls') }} as calls
inner join {{ ref('fund_call_bands') }} as bands
    on
        calls.campaign_id = bands.campaign_id
        and calls.operator_id = bands.operator_id
        and calls.period_start_on = bands.period_start_on
group by calls.campaign_id, calls.operator_id, calls.period_start_on, calls.tariff_cents
having sum(bands.tariff_cents) != calls.tariff_cents
