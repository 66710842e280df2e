-- name: shared_costs
-- What passes a share of the costs or all of them, each with its limit, what was given, and the limit in words: the
-- stretches of the road, divided by who was aboard; of a passenger those of their own journey, of a driver the car's.
with of_trips as (
    select
        operator_id,
        operator_trip_id as declared_id,
        trip_number,
        month_on,
        1 as seats,
        unnest([
            {
                breach: 'driver_above_share',
                holds: is_driver_above_share,
                limit_cents: driver_share_cents,
                given_cents: driver_incentive_cents
            },
            {
                breach: 'cost_covered',
                holds: is_cost_covered,
                limit_cents: cost_cents,
                given_cents: driver_incentive_cents + passenger_incentive_cents
            },
            {
                breach: 'cost_covered_by_authorities',
                holds: is_cost_covered_by_authorities,
                limit_cents: cost_cents,
                given_cents: authority_incentive_cents
            },
            {
                breach: 'driver_above_cost',
                holds: is_driver_above_cost,
                limit_cents: cost_cents,
                given_cents: driver_income_cents
            }
        ], max_depth := 2)
    from compliance.trip_shared_costs
    where month_on >= $since
),

breaches as (
    select * exclude (holds)
    from of_trips
    where holds
    union all by name
    select
        operator_id,
        operator_journey_id as declared_id,
        trip_number,
        month_on,
        seats,
        'passenger_above_share' as breach,
        passenger_share_cents as limit_cents,
        passenger_incentive_cents as given_cents
    from compliance.journey_shared_costs
    where is_passenger_above_share and month_on >= $since
),

stretches as (
    select
        breaches.operator_id,
        breaches.declared_id,
        breaches.trip_number,
        breaches.month_on,
        breaches.seats,
        breaches.breach,
        breaches.limit_cents,
        breaches.given_cents,
        segments.occupants,
        segments.thousandths_per_km,
        min(segments.start_s) as first_s,
        cast(round(sum(segments.length_mm) / 1000) as bigint) as length_m
    from breaches
    left join compliance.int_shared_journeys as journeys
        on
            breaches.breach = 'passenger_above_share'
            and breaches.operator_id = journeys.operator_id
            and breaches.declared_id = journeys.operator_journey_id
    inner join compliance.int_trip_segments as segments
        on
            breaches.trip_number = segments.trip_number
            and segments.start_s >= coalesce(journeys.start_s, segments.start_s)
            and segments.end_s <= coalesce(journeys.end_s, segments.end_s)
    group by all
)

select
    operator_id,
    breach,
    declared_id as trajet_ou_voiture,
    strftime(month_on, '%Y-%m') as mois,
    printf('%d,%02d', limit_cents // 100, limit_cents % 100) as limite_euros,
    printf('%d,%02d', given_cents // 100, given_cents % 100) as recu_euros,
    concat(
        '(',
        string_agg(
            concat(
                printf('%d,%03d km', length_m // 1000, length_m % 1000),
                if(breach in ('passenger_above_share', 'driver_above_share'), concat(' ÷ ', occupants), '')
            ), ' + ' order by first_s
        ),
        ')',
        if(seats > 1, concat(' × ', seats, ' places'), ''),
        printf(' × %d,%03d €/km', max(thousandths_per_km) // 1000, max(thousandths_per_km) % 1000)
    ) as calcul_de_la_limite
from stretches
group by operator_id, breach, declared_id, trip_number, month_on, limit_cents, given_cents, seats
order by operator_id, month_on, declared_id, breach;
