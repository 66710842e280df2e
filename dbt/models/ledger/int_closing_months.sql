{{ config(meta={'day': 'month_on'}) }}
-- Which months of the base may hold the journeys of a closing. A campaign's own month is that of Europe/Paris, but for
-- another time zone; and a journey may have been corrected into another month since.
with settled as (
    select distinct
        closings.campaign_id,
        entries.closing_number,
        entries.journey_month_on
    from {{ ref('stg_ledger_entries') }} as entries
    inner join {{ ref('stg_closings') }} as closings on entries.closing_number = closings.closing_number
),

local as (
    select
        settled.closing_number,
        settled.journey_month_on,
        unnest(if(
            campaigns.time_zone = 'Europe/Paris',
            [settled.journey_month_on],
            [
                settled.journey_month_on - interval 1 month,
                settled.journey_month_on,
                settled.journey_month_on + interval 1 month
            ]
        )) as month_on
    from settled
    left join {{ source('catalogue', 'campaigns') }} as campaigns on settled.campaign_id = campaigns.campaign_id
),

crossings as (
    select distinct
        date_trunc('month', start_on) as month_on,
        touched_on
    from {{ ref('int_crossing_deliveries') }}
)

select
    closing_number,
    journey_month_on,
    cast(month_on as date) as month_on
from local
union
select
    local.closing_number,
    local.journey_month_on,
    crossings.touched_on
from local
inner join crossings on local.month_on = crossings.month_on
