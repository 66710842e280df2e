{{ config(materialized='by_month', meta={'day': 'start_on', 'closings': 'by_journey'}) }}
-- depends_on: {{ ref('stg_restricted_journeys') }} {{ ref('int_closing_months') }}
-- Standing entries of journeys that the base holds, and why the next closing takes them back; null while they stand.
with standing as (
    {{ standing_entries() }}
),

journeys as (
    select
        operator_id,
        operator_journey_id,
        start_on,
        outcome,
        refusal_codes[1] as refusal_code,
        {{ facts_digest() }} as facts_digest
    from {{ ref('journeys') }}
)

select
    closings.campaign_id,
    closings.kind,
    standing.*,
    settlements.operator_journey_id,
    journeys.start_on,
    case
        when journeys.outcome = 'cancelled' then 'cancellation'
        -- What a dossier says later (a departure, a suspension, a class) takes no closed money back (D-230).
        when journeys.refusal_code in ('journey_outside_production', 'operator_not_granted') then null
        when journeys.outcome != 'valid' then 'refusal' || coalesce(':' || journeys.refusal_code, '')
        when journeys.facts_digest != settlements.facts_digest then 'correction'
    end as reversal_reason
from standing
inner join {{ ref('stg_closings') }} as closings on standing.closing_number = closings.closing_number
inner join {{ ref('stg_settlements') }} as settlements
    on standing.closing_number = settlements.closing_number and standing.entry_number = settlements.entry_number
inner join journeys
    on settlements.operator_id = journeys.operator_id and settlements.operator_journey_id = journeys.operator_journey_id
