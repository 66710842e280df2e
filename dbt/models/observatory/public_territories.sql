-- A group counts in its own territory and in each one above it.
with groups as (
    select
        *,
        string_split(nullif(origin, ''), '/') as steps
    from {{ ref('int_public_groups') }}
),

areas as (
    select
        * exclude (steps, origin, destination),
        unnest(
            list_transform(range(coalesce(len(steps), 0) + 1), lambda n: coalesce(array_to_string(steps[:n], '/'), ''))
        ) as area
    from groups
),

sums as (
    select
        month_on,
        area,
        count(*) as journeys,
        cast(sum(seats) as bigint) as passenger_journeys,
        count(*) filter (where starts_car) as car_trips,
        cast(sum(seats * distance_m) as bigint) as passenger_m
    from areas
    group by month_on, area
),

persons as (
    select
        month_on,
        area,
        count(distinct person) as persons
    from (
        select
            month_on,
            area,
            unnest([driver_identity_key, passenger_identity_key]) as person
        from areas
    )
    group by month_on, area
)

select
    sums.month_on,
    {{ told_area("sums.area") }},
    sums.journeys,
    sums.passenger_journeys,
    sums.car_trips,
    cast((sums.passenger_journeys + sums.car_trips) / sums.car_trips as decimal(9, 4)) as occupancy,
    sums.passenger_m,
    -- To the nearest ten: a difference of two counts says nothing of one person (D-282).
    cast((persons.persons + 5) // 10 * 10 as bigint) as persons_to_ten
from sums
inner join persons on sums.month_on = persons.month_on and sums.area = persons.area
