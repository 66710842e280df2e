{{ config(materialized='by_month') }}
-- One pass over all persons finds the days on which something may be wrong; only those are looked at closely.
{% set at = 'start_s, end_s, start_lat, start_lon, end_lat, end_lon' %}
{% set leg = 'month_on, is_own, is_settled, is_standing, journey, operator, trip, start_on, ' ~ at %}
with legs as (
    select
        driver as person,
        passenger as other,
        true as is_driver,
        {{ leg }}
    from {{ ref('int_fraud_journeys') }}
    union all
    select
        passenger as person,
        driver as other,
        false as is_driver,
        {{ leg }}
    from {{ ref('int_fraud_journeys') }}
),

-- The loosest thresholds that ever held.
loosest as (
    select
        max(seconds) filter (where rule_code in ('fraud_interoperator_too_close', 'fraud_segmentation')) as gap_s,
        min(metres) filter (where rule_code = 'fraud_teleportation') as metres,
        min(kmh) filter (where rule_code = 'fraud_teleportation') as kmh
    from {{ source('catalogue', 'fraud_rules') }}
),

followed as (
    select
        month_on,
        person,
        is_driver,
        other,
        operator,
        trip,
        start_on,
        start_s,
        lag(is_driver) over legs_before as before_is_driver,
        lag(other) over legs_before as before_other,
        lag(operator) over legs_before as before_operator,
        lag(trip) over legs_before as before_trip,
        lag(start_on) over legs_before as before_on,
        lag(start_s) over legs_before as before_start_s,
        lag(end_s) over legs_before as before_end_s,
        {{ straight_m('lag(end_lat) over legs_before', 'lag(end_lon) over legs_before', 'start_lat', 'start_lon') }}
            as from_end_m,
        {{ straight_m('lag(start_lat) over legs_before', 'lag(start_lon) over legs_before', 'start_lat', 'start_lon') }}
            as from_start_m,
        max(end_s) over all_before as busy_until_s,
        max(end_s) filter (where not is_driver) over all_before as passenger_until_s
    from legs
    window
        legs_before as (partition by month_on, person order by start_s, end_s, journey),
        all_before as (
            partition by month_on, person order by start_s, end_s, journey
            rows between unbounded preceding and 1 preceding
        )
),

flagged as (
    select
        followed.month_on,
        followed.person,
        followed.start_on,
        followed.before_on
    from followed
    cross join loosest
    where
        followed.start_s < if(followed.is_driver, followed.passenger_until_s, followed.busy_until_s)
        or (
            followed.trip != followed.before_trip
            and (
                (
                    followed.other = followed.before_other
                    and followed.start_s - followed.before_end_s <= loosest.gap_s
                )
                or (followed.operator != followed.before_operator and followed.start_on = followed.before_on)
                or (followed.is_driver != followed.before_is_driver and followed.start_on = followed.before_on)
                or (
                    followed.from_end_m > loosest.metres
                    and followed.from_end_m * 3.6 > loosest.kmh * (followed.start_s - followed.before_end_s)
                )
                or (
                    followed.from_start_m > loosest.metres
                    and followed.from_start_m * 3.6 > loosest.kmh * (followed.start_s - followed.before_start_s)
                )
            )
        )
),

suspect_days as (
    select distinct
        month_on,
        person,
        unnest([start_on, before_on, start_on - 1]) as start_on
    from flagged
)

select legs.*
from legs
semi join suspect_days
    on
        legs.month_on = suspect_days.month_on
        and legs.person = suspect_days.person
        and legs.start_on = suspect_days.start_on
