{{ config(materialized='kept_whole') }}
-- Persons are counted while they are known: by the journey on which an operator first saw them, of those since five
-- months before the half-year. So far back all is still held when its report is issued, so that nobody becomes new
-- because retention took an earlier journey.
with persons as (
    select * from {{ ref('int_month_persons') }}
),

halves as (
    select distinct
        {{ period_start('month_on', 6) }} as half_start_on,
        cast(half_start_on - interval 5 month as date) as known_from_on,
        cast(half_start_on + interval 5 month as date) as last_month_on
    from persons
),

first_seen as (
    select
        halves.half_start_on,
        persons.operator_id,
        persons.role,
        min(persons.journey_number) as journey_number,
        arg_min(persons.month_on, persons.journey_number) as month_on
    from persons
    inner join halves on persons.month_on between halves.known_from_on and halves.last_month_on
    group by halves.half_start_on, persons.operator_id, persons.role, persons.identity_key
),

-- In the campaigns of that journey, and in none.
newcomers as (
    select
        incentives.campaign_id,
        first_seen.operator_id,
        cast(date_trunc('month', incentives.start_on) as date) as month_on,
        first_seen.role,
        first_seen.half_start_on
    from first_seen
    inner join {{ ref('campaign_incentives') }} as incentives on first_seen.journey_number = incentives.journey_number
    union all
    select
        null,
        operator_id,
        month_on,
        role,
        half_start_on
    from first_seen
),

new_persons as (
    select
        campaign_id,
        operator_id,
        month_on,
        count(*) filter (where role = 'passenger') as passengers,
        count(*) filter (where role = 'driver') as drivers
    from newcomers
    where {{ period_start('month_on', 6) }} = half_start_on
    group by all
),

travel as (
    select
        campaign_id,
        operator_id,
        month_on,
        cast(sum(passenger_journeys) as bigint) as passenger_journeys,
        cast(sum(passenger_m) as bigint) as passenger_m,
        cast(sum(driver_journeys) as bigint) as driver_journeys,
        cast(sum(driver_m) as bigint) as driver_m
    from {{ ref('int_month_travel') }}
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
    travel.campaign_id,
    travel.operator_id,
    travel.month_on,
    travel.passenger_journeys,
    travel.driver_journeys,
    cast(
        (travel.passenger_journeys + travel.driver_journeys) / nullif(travel.driver_journeys, 0) as decimal(9, 4)
    ) as fill_rate,
    travel.driver_m,
    travel.passenger_m,
    coalesce(new_persons.passengers, 0) as new_passengers,
    coalesce(new_persons.drivers, 0) as new_drivers,
    cast(coalesce(passed_on.driver_cents, 0) as bigint) as driver_incentive_cents,
    cast(coalesce(passed_on.short_seats, 0) as bigint) as short_journeys,
    cast(coalesce(passed_on.missing_cents, 0) as bigint) as missing_cents
from travel
left join new_persons
    on
        travel.campaign_id is not distinct from new_persons.campaign_id
        and travel.operator_id = new_persons.operator_id
        and travel.month_on = new_persons.month_on
left join passed_on
    on
        travel.campaign_id is not distinct from passed_on.campaign_id
        and travel.operator_id = passed_on.operator_id
        and travel.month_on = passed_on.month_on
