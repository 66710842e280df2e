-- Every published number is a sum over these groups (D-281).
with held as (
    select
        month_on,
        origin,
        destination,
        person,
        count(*) as own
    from (
        select
            month_on,
            origin,
            destination,
            unnest([driver_identity_key, passenger_identity_key]) as person
        from {{ ref('int_public_groups') }}
    )
    group by all
),

most as (
    select
        month_on,
        origin,
        destination,
        max(own) as most
    from held
    group by all
),

sizes as (
    select
        month_on,
        origin,
        destination,
        count(*) as journeys,
        count(*) filter (where starts_car) as cars
    from {{ ref('int_public_groups') }}
    group by all
)

select sizes.*
from sizes
inner join most
    on sizes.month_on = most.month_on and sizes.origin = most.origin and sizes.destination = most.destination
where not ({{ may_be_told("sizes.journeys", "sizes.cars", "most.most") }})
