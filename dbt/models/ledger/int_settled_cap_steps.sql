{{ config(materialized='by_month', meta={'closings': 'by_journey'}) }}
-- depends_on: {{ ref('int_closing_months') }}
select
    campaigns.campaign_number,
    journeys.journey_number,
    uses.position,
    uses.cents_before,
    uses.counter_before,
    uses.cents_after,
    uses.counted
from {{ ref('stg_cap_uses') }} as uses
inner join {{ ref('settled_entries') }} as entries
    on uses.closing_number = entries.closing_number and uses.entry_number = entries.entry_number
inner join {{ source('catalogue', 'campaigns') }} as campaigns on entries.campaign_id = campaigns.campaign_id
inner join {{ ref('int_evaluated_journeys') }} as journeys
    on
        entries.operator_id = journeys.operator_id
        and entries.operator_journey_id = journeys.operator_journey_id
where entries.reversal_reason is null
