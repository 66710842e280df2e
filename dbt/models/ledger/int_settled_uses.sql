{{ config(
    materialized='by_month', meta={'day': 'journey_month_on', 'closings': 'by_journey'}, tags=['personal_data']
) }}
-- depends_on: {{ ref('int_closing_months') }}
-- What standing entries have used of caps.
with standing as (
    {{ standing_entries() }}
)

select
    closings.campaign_id,
    uses.cap_id,
    uses.whose_key,
    uses.window_on,
    standing.journey_month_on,
    cast(sum(uses.counted) as bigint) as counted
from {{ ref('stg_cap_uses') }} as uses
inner join standing on uses.closing_number = standing.closing_number and uses.entry_number = standing.entry_number
inner join {{ ref('stg_closings') }} as closings on uses.closing_number = closings.closing_number
group by all
