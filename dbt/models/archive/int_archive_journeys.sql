with journeys as (
    select
        journeys.*,
        months.month_on,
        timezone('Europe/Paris', journeys.start_at) as started_at
    from {{ ref('journeys') }} as journeys
    inner join {{ ref('int_archive_months') }} as months
        on
            date_trunc('month', journeys.start_on) = months.month_on
            and months.subject = 'journeys'
    where journeys.outcome = 'valid'
),

territories as (
    select * from {{ source('catalogue', 'territories') }}
),

-- Who already sees the journey: whoever takes its rows away from the archive must leave k others of theirs.
seen as (
    select
        operator_id,
        operator_journey_id,
        array_to_string(list_sort(list(authority_id || '/' || selection_id)), ' ') as seen_by
    from {{ ref('int_authority_selections') }}
    where
        date_trunc('month', start_on) in (
            select months.month_on from {{ ref('int_archive_months') }} as months
            where months.subject = 'journeys'
        )
    group by operator_id, operator_journey_id
)

select
    row_number() over (order by journeys.operator_id, journeys.operator_journey_id) as journey_number,
    journeys.month_on,
    journeys.driver_identity_key,
    journeys.passenger_identity_key,
    coalesce(seen.seen_by, '') as seen_by,
    journeys.start_commune_code,
    journeys.end_commune_code,
    -- A commune without EPCI and a country abroad stand for themselves.
    coalesce(start_territory.epci_code, journeys.start_commune_code) as start_epci_code,
    coalesce(end_territory.epci_code, journeys.end_commune_code) as end_epci_code,
    {{ cell('journeys.start') }} as start_cell,
    {{ cell('journeys.end') }} as end_cell,
    strftime(time_bucket(interval 15 minutes, journeys.started_at), '%H:%M')
    || strftime(time_bucket(interval 15 minutes, journeys.started_at) + interval 15 minutes, '-%H:%M') as quarter_hour,
    strftime(journeys.started_at, '%H:00')
    || strftime(journeys.started_at + interval 1 hour, '-%H:00') as "hour", -- noqa: RF06
    case
        when hour(journeys.started_at) between 6 and 9 then '06:00-10:00'
        when hour(journeys.started_at) between 10 and 15 then '10:00-16:00'
        when hour(journeys.started_at) between 16 and 19 then '16:00-20:00'
        else '20:00-06:00'
    end as day_part,
    case when isodow(journeys.started_at) < 6 then 'weekday' else 'weekend' end as day_kind,
    {{ distance_band_km('journeys.distance_m') }} as distance_band_km,
    journeys.operator_class,
    journeys.distance_m,
    journeys.seats
from journeys
left join seen
    on journeys.operator_id = seen.operator_id and journeys.operator_journey_id = seen.operator_journey_id
left join territories as start_territory
    on journeys.start_place_code = start_territory.place_code and journeys.territory_year = start_territory.year
left join territories as end_territory
    on journeys.end_place_code = end_territory.place_code and journeys.territory_year = end_territory.year
