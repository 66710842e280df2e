{{ config(materialized='by_month') }}
with zones as (
    select time_zone from {{ source('catalogue', 'campaigns') }}
    union
    select time_zone from {{ source('catalogue', 'campaign_caps') }}
),

slots as (
    select distinct {{ slot('start_at') }} as slot
    from {{ ref('int_evaluated_journeys') }}
),

dated as (
    select
        zones.time_zone,
        slots.slot,
        timezone(zones.time_zone, make_timestamptz(slots.slot * 300000000)) as local_at
    from slots
    cross join zones
)

select
    time_zone,
    slot,
    hour(local_at) * 60 + minute(local_at) as local_minute,
    isodow(local_at) as local_weekday,
    month(local_at) as local_month,
    cast(local_at as date) as day_on,
    cast(date_trunc('week', local_at) as date) as week_on,
    cast(date_trunc('month', local_at) as date) as month_on,
    cast(date_trunc('quarter', local_at) as date) as quarter_on,
    cast(date_trunc('year', local_at) as date) as year_on
from dated
