{{ config(materialized='by_month', meta={'day': 'call_start_on', 'closings': 'by_call'}) }}
select
    closings.campaign_id,
    calls.call_start_on,
    entries.journey_month_on,
    cast(sum(entries.incentive_cents) as bigint) as incentive_cents,
    cast(sum(entries.fee_ex_vat_cents + entries.vat_cents) as bigint) as fee_cents
from {{ ref('stg_ledger_entries') }} as entries
inner join {{ ref('stg_closings') }} as closings on entries.closing_number = closings.closing_number
inner join {{ ref('closing_calls') }} as calls on entries.closing_number = calls.closing_number
group by all
