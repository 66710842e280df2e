with journeys as (
    select
        journeys.month_on,
        count(ladder.step) as published,
        count(*) - count(ladder.step) as suppressed
    from {{ ref('int_archive_journeys') }} as journeys
    inner join {{ ref('int_archive_ladder') }} as ladder on journeys.journey_number = ladder.journey_number
    group by journeys.month_on
),

carpoolers as (
    select
        month_on,
        count(*) as published
    from {{ ref('archived_carpoolers') }}
    group by month_on
)

select
    months.month_on,
    months.subject,
    coalesce(journeys.published, carpoolers.published, 0) as published,
    coalesce(journeys.suppressed, 0) as suppressed
from {{ ref('int_archive_months') }} as months
left join journeys on months.month_on = journeys.month_on and months.subject = 'journeys'
left join carpoolers on months.month_on = carpoolers.month_on and months.subject = 'carpoolers'
