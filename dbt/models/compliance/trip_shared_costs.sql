{{ config(materialized='by_month', meta={'day': 'month_on', 'around': {'int_journey_incentives': 'start_on'}}) }}
with costs as (
    select
        trip_number,
        cast({{ half_up('sum(length_mm)', '1000') }} as bigint) as distance_m,
        {{ share_to_cents('sum(length_mm * thousandths_per_km) * ' ~ parts()) }} as cost_cents,
        {{ share_to_cents(
            'sum(length_mm * thousandths_per_km * (' ~ parts() ~ ' // occupants))'
        ) }} as driver_share_cents
    from {{ ref('int_trip_segments') }}
    group by trip_number
),

trips as (
    select
        journeys.trip_number,
        any_value(journeys.operator_id) as operator_id,
        any_value(journeys.operator_trip_id) as operator_trip_id,
        any_value(journeys.trip_month_on) as month_on,
        count(*) as journeys,
        cast(sum(journeys.seats) as bigint) as passengers,
        cast(coalesce(sum(incentives.driver_incentive_cents), 0) as bigint) as driver_incentive_cents,
        cast(coalesce(sum(incentives.passenger_incentive_cents), 0) as bigint) as passenger_incentive_cents,
        coalesce(max(incentives.authorities), 0) as authorities,
        cast(coalesce(sum(incentives.authority_incentive_cents), 0) as bigint) as authority_incentive_cents,
        -- Revenue holds what the operator declares (CONVENTION annexe 3); what it does not declare comes on top.
        cast(sum(journeys.driver_revenue_cents + coalesce(incentives.undeclared_cents, 0)) as bigint)
            as driver_income_cents
    from {{ ref('int_shared_journeys') }} as journeys
    left join {{ ref('int_journey_incentives') }} as incentives on journeys.journey_number = incentives.journey_number
    group by journeys.trip_number
)

select
    trips.trip_number,
    trips.operator_id,
    trips.operator_trip_id,
    trips.month_on,
    trips.journeys,
    trips.passengers,
    costs.distance_m,
    costs.cost_cents,
    costs.driver_share_cents,
    trips.driver_incentive_cents,
    trips.passenger_incentive_cents,
    trips.authorities,
    trips.authority_incentive_cents,
    trips.driver_income_cents,
    trips.driver_incentive_cents > costs.driver_share_cents as is_driver_above_share,
    trips.driver_incentive_cents + trips.passenger_incentive_cents >= greatest(costs.cost_cents, 1) as is_cost_covered,
    trips.authorities > 1 and trips.authority_incentive_cents >= costs.cost_cents as is_cost_covered_by_authorities,
    trips.driver_income_cents > costs.cost_cents as is_driver_above_cost
from trips
inner join costs on trips.trip_number = costs.trip_number
