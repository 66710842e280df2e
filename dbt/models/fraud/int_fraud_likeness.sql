{{ config(materialized='by_month') }}
-- What shows in a journey alone, or in journeys that are too much alike.
with journeys as (
    select * from {{ ref('int_fraud_journeys') }}
    where is_standing
),

rules as (
    select * from {{ source('catalogue', 'fraud_rules') }}
),

too_fast as (
    select
        rules.rule_code,
        journeys.month_on,
        journeys.journey,
        journeys.distance_m * 3.6 / (journeys.end_s - journeys.start_s) as score
    from journeys
    inner join rules
        on
            rules.rule_code = 'fraud_speed'
            and journeys.start_on >= rules.from_on
            and journeys.start_on < rules.to_on
            and journeys.distance_m * 3.6 > rules.kmh * (journeys.end_s - journeys.start_s)
),

-- One number stands for all that journeys have in common; first the numbers that come often.
alike as (
    select
        rules.rule_code,
        rules.number,
        journeys.month_on,
        journeys.journey,
        journeys.operator,
        journeys.trip,
        journeys.start_on,
        if(
            rules.rule_code = 'fraud_simultaneous_group',
            hash(
                journeys.month_on, journeys.places, journeys.start_s, journeys.distance_m // rules.metres
            ),
            hash(
                journeys.month_on, journeys.driver, journeys.passenger, journeys.distance_m,
                journeys.end_s - journeys.start_s, journeys.start_s % 86400, date_trunc('month', journeys.start_on)
            )
        ) as likeness
    from journeys
    inner join rules
        on
            rules.rule_code in ('fraud_simultaneous_group', 'fraud_repetition')
            and journeys.start_on >= rules.from_on
            and journeys.start_on < rules.to_on
),

often as (
    select
        rule_code,
        likeness
    from alike
    group by rule_code, likeness
    having count(*) >= any_value(number)
),

groups as (
    select
        alike.rule_code,
        alike.month_on,
        list(alike.journey order by alike.journey) as journeys,
        min(alike.operator) != max(alike.operator) as is_across_operators,
        if(
            alike.rule_code = 'fraud_repetition', count(distinct alike.start_on), count(distinct alike.trip)
        ) as score
    from alike
    semi join often on alike.rule_code = often.rule_code and alike.likeness = often.likeness
    group by alike.rule_code, alike.month_on, alike.likeness
    having score >= any_value(alike.number)
)

select
    rule_code,
    month_on,
    journey,
    false as is_across_operators,
    score,
    cast([] as ubigint[]) as others
from too_fast
union all
select
    rule_code,
    month_on,
    unnest(journeys) as journey,
    is_across_operators,
    score,
    journeys[1:10] as others
from groups
