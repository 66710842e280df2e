with journeys as (
    select * from {{ ref('int_public_journeys') }}
),

sums as (
    select
        month_on,
        count(*) as journeys,
        cast(sum(seats) as bigint) as passenger_journeys,
        count(*) filter (where starts_car) as car_trips,
        cast(sum(seats * distance_m) as bigint) as passenger_m
    from journeys
    group by month_on
),

persons as (
    select
        month_on,
        person,
        count(*) as journeys
    from (
        select
            month_on,
            unnest([driver_identity_key, passenger_identity_key]) as person
        from journeys
    )
    group by month_on, person
),

busiest as (
    select
        month_on,
        max(journeys) as busiest_journeys
    from persons
    group by month_on
)

select
    sums.*,
    cast((sums.passenger_journeys + sums.car_trips) / nullif(sums.car_trips, 0) as decimal(9, 4)) as occupancy,
    months.is_new,
    busiest.busiest_journeys
from sums
inner join busiest on sums.month_on = busiest.month_on
inner join {{ ref('int_public_months') }} as months on sums.month_on = months.month_on
