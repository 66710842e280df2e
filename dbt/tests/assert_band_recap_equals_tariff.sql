{{ config(meta={'dagster': {'ref': {'name': 'fund_call_bands'}}}) }}
-- The recap's bands are the sum of the journeys to the cent; where annex 2 multiplies (A × 2.00 + C × 0.10 + D × 5.00),
-- so do the journeys' own amounts.
with sums as (
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
),

products as (
    select
        campaign_id,
        operator_id,
        period_start_on
    from {{ ref('fund_call_bands') }}
    where
        tariff_cents * 10000
        != coalesce(flat_cents * seats * 10000, tenth_cents_per_km * seat_metres, tariff_cents * 10000)
)

select * from sums
union all
select * from products
