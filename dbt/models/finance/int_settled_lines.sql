{{ config(
    materialized='by_month', meta={'day': 'call_start_on', 'closings': 'by_call'}, tags=['personal_data']
) }}
-- depends_on: {{ ref('stg_restricted_journeys') }}
select
    closings.campaign_id,
    closings.kind,
    closings.period_start_on,
    closings.period_end_on,
    entries.*,
    settlements.operator_journey_id,
    calls.call_start_on,
    calls.call_end_on,
    coalesce(settlements.operator_journey_id, entries.journey_digest) as journey_key,
    entries.reason != 'journey' as is_adjustment
from {{ ref('stg_ledger_entries') }} as entries
inner join {{ ref('stg_closings') }} as closings on entries.closing_number = closings.closing_number
inner join {{ ref('closing_calls') }} as calls on entries.closing_number = calls.closing_number
inner join {{ source('catalogue', 'campaigns') }} as campaigns on closings.campaign_id = campaigns.campaign_id
left join {{ ref('stg_settlements') }} as settlements
    on entries.closing_number = settlements.closing_number and entries.entry_number = settlements.entry_number
