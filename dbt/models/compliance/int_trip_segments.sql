{{ config(materialized='by_month', meta={'day': 'trip_month_on'}) }}
with recursive journeys as (
    select * from {{ ref('int_shared_journeys') }}
),

-- The instants at which somebody gets in or out.
cars as (
    select
        trip_number,
        trip_month_on,
        trip_journeys,
        list_sort(list_distinct(flatten(list([start_s, end_s])))) as stops,
        range(1, len(stops)) as legs
    from journeys
    where trip_journeys > 1
    group by trip_number, trip_month_on, trip_journeys
),

-- The legs between stops that each journey covers; the shortest journey in time has the first turn.
covers as (
    select
        journeys.trip_number,
        row_number() over (
            partition by journeys.trip_number
            order by journeys.end_s - journeys.start_s, journeys.distance_m, journeys.journey_number
        ) as turn,
        list_position(cars.stops, journeys.start_s) as first_leg,
        list_position(cars.stops, journeys.end_s) - 1 as last_leg,
        journeys.distance_m * 1000 as distance_mm,
        journeys.seats
    from journeys
    inner join cars on journeys.trip_number = cars.trip_number
),

-- Each journey in turn spreads what is left of its distance, by time, over the legs that no shorter one told.
measured as (
    select
        trip_number,
        cast(0 as bigint) as turn,
        stops,
        legs,
        list_transform(legs, lambda leg: cast(null as bigint)) as lengths_mm
    from cars
    union all
    select
        known.trip_number,
        covers.turn,
        known.stops,
        known.legs,
        list_transform(
            known.legs,
            lambda leg: if(
                known.lengths_mm[leg] is null and leg between covers.first_leg and covers.last_leg,
                greatest(
                    covers.distance_mm - coalesce(list_sum(known.lengths_mm[covers.first_leg:covers.last_leg]), 0), 0
                )
                * (known.stops[leg + 1] - known.stops[leg])
                // list_sum(
                    list_transform(
                        known.legs[covers.first_leg:covers.last_leg],
                        lambda other: if(
                            known.lengths_mm[other] is null, known.stops[other + 1] - known.stops[other], 0
                        )
                    )
                ),
                known.lengths_mm[leg]
            )
        )
    from measured as known
    inner join covers on known.trip_number = covers.trip_number and known.turn + 1 = covers.turn
),

trip_legs as (
    select
        cars.trip_number,
        cars.trip_month_on,
        unnest(cars.legs) as leg,
        unnest(cars.stops[:-2]) as start_s,
        unnest(cars.stops[2:]) as end_s,
        unnest(measured.lengths_mm) as length_mm
    from cars
    inner join measured on cars.trip_number = measured.trip_number and cars.trip_journeys = measured.turn
),

aboard as (
    select
        trip_legs.trip_number,
        trip_legs.leg,
        any_value(trip_legs.trip_month_on) as trip_month_on,
        any_value(trip_legs.start_s) as start_s,
        any_value(trip_legs.end_s) as end_s,
        any_value(cast(trip_legs.length_mm as bigint)) as length_mm,
        cast(1 + sum(covers.seats) as bigint) as occupants
    from trip_legs
    inner join covers
        on trip_legs.trip_number = covers.trip_number and trip_legs.leg between covers.first_leg and covers.last_leg
    group by trip_legs.trip_number, trip_legs.leg
),

segments as (
    select
        trip_number,
        trip_month_on,
        start_s,
        end_s,
        length_mm,
        occupants
    from aboard -- where nobody but the driver is, no cost is shared
    union all
    select
        trip_number,
        trip_month_on,
        start_s,
        end_s,
        distance_m * 1000,
        1 + seats
    from journeys
    where trip_journeys = 1
)

select
    segments.*,
    cost.thousandths_per_km
from segments
asof left join {{ ref('cost_per_km') }} as cost on make_timestamptz(segments.start_s * 1000000) >= cost.from_at
