{{ config(
    materialized='by_month', meta={'day': 'call_start_on', 'closings': 'by_call'}, tags=['personal_data']
) }}
-- depends_on: {{ ref('stg_restricted_journeys') }}
with settled as (
    select
        closings.campaign_id,
        closings.kind,
        closings.period_start_on,
        closings.period_end_on,
        entries.*,
        settlements.operator_journey_id,
        calls.call_start_on,
        calls.call_end_on
    from {{ ref('stg_ledger_entries') }} as entries
    inner join {{ ref('stg_closings') }} as closings on entries.closing_number = closings.closing_number
    inner join {{ ref('closing_calls') }} as calls on entries.closing_number = calls.closing_number
    left join {{ ref('stg_settlements') }} as settlements
        on entries.closing_number = settlements.closing_number and entries.entry_number = settlements.entry_number
),

lines as (
    select * from settled
    union all by name
    select * exclude (journey_number) from {{ ref('unsettled_lines') }}
)

select
    lines.*,
    coalesce(lines.operator_journey_id, lines.journey_digest) as journey_key,
    lines.reason != 'journey' as is_adjustment
from lines
inner join {{ source('catalogue', 'campaigns') }} as campaigns on lines.campaign_id = campaigns.campaign_id
