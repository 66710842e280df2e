{{ config(materialized='by_month') }}
-- What became of the rows of each drop whose journeys start in a month.
with journeys as (
    select
        journeys.drop_id,
        case
            when versions.drop_id is null then 'duplicate'
            when versions.is_stray then 'stray'
            when versions.version_number > 1 then 'correction'
            else 'new'
        end as became
    from {{ ref('int_deliveries') }} as journeys
    left join {{ ref('int_journey_versions') }} as versions
        on journeys.drop_id = versions.drop_id and journeys.drop_row = versions.drop_row
),

cancellations as (
    select
        cancellations.drop_id,
        case
            when cancellations.kind = 'after' and versions.drop_id is null then 'duplicate'
            else 'cancellation'
        end as became
    from {{ ref('int_cancellations') }} as cancellations
    left join {{ ref('int_journey_versions') }} as versions
        on cancellations.drop_id = versions.drop_id and cancellations.drop_row = versions.drop_row
    where cancellations.kind != 'unknown' -- of no month
)

select
    drop_id,
    became,
    count(*) as rows
from (
    from journeys
    union all
    from cancellations
)
group by all
