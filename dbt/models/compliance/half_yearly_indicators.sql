-- Persons are counted here, while they are known: by the journey on which an operator first saw them, of those since
-- five months before the half-year. So far back all is still held when its report is issued, so that nobody becomes
-- new because retention took an earlier journey.
with journeys as (
    select * from {{ ref('int_shared_journeys') }}
),

halves as (
    select distinct
        {{ period_start('month_on', 6) }} as half_start_on,
        cast(half_start_on - interval 5 month as date) as known_from_on,
        cast(half_start_on + interval 5 month as date) as last_month_on
    from journeys
),

seen as (
    select
        halves.half_start_on,
        numbered.operator_id,
        numbered.journey_number,
        numbered.passenger_identity_key,
        numbered.driver_identity_key
    from {{ ref('int_evaluated_journeys') }} as numbered
    inner join journeys on numbered.journey_number = journeys.journey_number
    inner join halves on journeys.month_on between halves.known_from_on and halves.last_month_on
),

first_rides as (
    select
        half_start_on,
        min(journey_number) as journey_number
    from seen
    group by half_start_on, operator_id, passenger_identity_key
),

first_drives as (
    select
        half_start_on,
        min(journey_number) as journey_number
    from seen
    group by half_start_on, operator_id, driver_identity_key
),

-- "Par Opération": the journeys of a campaign's period and perimeter, months local to it; "globalement": all.
scoped as (
    select
        campaign_id,
        journey_number,
        cast(date_trunc('month', start_on) as date) as month_on
    from {{ ref('campaign_incentives') }}
    union all
    select
        null,
        journey_number,
        month_on
    from journeys
),

passengers as (
    select
        scoped.campaign_id,
        journeys.operator_id,
        scoped.month_on,
        cast(sum(journeys.seats) as bigint) as passenger_journeys,
        cast(sum(journeys.distance_m * journeys.seats) as bigint) as passenger_m,
        count(first_rides.journey_number) as new_passengers,
        count(first_drives.journey_number) as new_drivers
    from scoped
    inner join journeys on scoped.journey_number = journeys.journey_number
    left join first_rides
        on
            scoped.journey_number = first_rides.journey_number
            and {{ period_start('scoped.month_on', 6) }} = first_rides.half_start_on
    left join first_drives
        on
            scoped.journey_number = first_drives.journey_number
            and {{ period_start('scoped.month_on', 6) }} = first_drives.half_start_on
    group by all
),

-- A car counts in the month of its first journey, once.
cars as (
    select
        scoped.campaign_id,
        journeys.trip_number,
        min(scoped.month_on) as month_on
    from scoped
    inner join journeys on scoped.journey_number = journeys.journey_number
    group by all
),

drivers as (
    select
        cars.campaign_id,
        trips.operator_id,
        cars.month_on,
        count(*) as driver_journeys,
        cast(sum(trips.distance_m) as bigint) as driver_m
    from cars
    inner join {{ ref('trip_shared_costs') }} as trips on cars.trip_number = trips.trip_number
    group by all
),

passed_on as (
    select
        campaign_id,
        operator_id,
        month_on,
        sum(driver_cents) as driver_cents,
        sum(short_seats) as short_seats,
        sum(missing_cents) as missing_cents
    from {{ ref('int_redistributions') }}
    group by grouping sets ((campaign_id, operator_id, month_on), (operator_id, month_on))
)

select
    passengers.campaign_id,
    passengers.operator_id,
    passengers.month_on,
    passengers.passenger_journeys,
    coalesce(drivers.driver_journeys, 0) as driver_journeys,
    cast(
        (passengers.passenger_journeys + drivers.driver_journeys) / drivers.driver_journeys as decimal(9, 4)
    ) as fill_rate,
    coalesce(drivers.driver_m, 0) as driver_m,
    passengers.passenger_m,
    passengers.new_passengers,
    passengers.new_drivers,
    cast(coalesce(passed_on.driver_cents, 0) as bigint) as driver_incentive_cents,
    cast(coalesce(passed_on.short_seats, 0) as bigint) as short_journeys,
    cast(coalesce(passed_on.missing_cents, 0) as bigint) as missing_cents
from passengers
left join drivers
    on
        passengers.campaign_id is not distinct from drivers.campaign_id
        and passengers.operator_id = drivers.operator_id
        and passengers.month_on = drivers.month_on
left join passed_on
    on
        passengers.campaign_id is not distinct from passed_on.campaign_id
        and passengers.operator_id = passed_on.operator_id
        and passengers.month_on = passed_on.month_on
