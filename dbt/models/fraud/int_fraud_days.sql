{{ config(materialized='by_month') }}
-- What shows in a person's day: cars of several operators, changes of role, circles.
with legs as (
    select *
    from {{ ref('int_fraud_legs') }}
    where is_own and is_standing
),

rules as (
    select * from {{ source('catalogue', 'fraud_rules') }}
),

cars as (
    select
        month_on,
        person,
        start_on,
        operator,
        trip,
        list(journey order by journey) as journeys,
        -- A car whose verdict is final counts before what came late.
        min((not is_settled, start_s, end_s, journey)) as first_leg
    from legs
    group by month_on, person, start_on, operator, trip
),

-- The cars of a person's day that several operators share.
ranked_cars as (
    select
        *,
        min(operator) over day != max(operator) over day as is_shared,
        row_number() over in_order as car_rank,
        lag(journeys[1]) over in_order as before_journey
    from cars
    window
        day as (partition by person, start_on),
        in_order as (partition by person, start_on order by first_leg)
),

too_many as (
    select
        rules.rule_code,
        ranked_cars.month_on,
        unnest(ranked_cars.journeys) as journey,
        true as is_across_operators,
        ranked_cars.car_rank as score,
        [ranked_cars.before_journey] as others
    from ranked_cars
    inner join rules
        on
            rules.rule_code = 'fraud_interoperator_too_many'
            and ranked_cars.start_on >= rules.from_on
            and ranked_cars.start_on < rules.to_on
            and ranked_cars.car_rank > rules.number
    where ranked_cars.is_shared
),

followed as (
    select
        month_on,
        person,
        start_on,
        operator,
        journey,
        is_driver != lag(is_driver) over (
            partition by person, start_on order by start_s, end_s, journey
        ) as is_swap
    from legs
),

swaps as (
    select
        rules.rule_code,
        days.month_on,
        days.journeys,
        days.is_across_operators,
        days.swaps as score
    from (
        select
            month_on,
            person,
            start_on,
            list(journey order by journey) as journeys,
            min(operator) != max(operator) as is_across_operators,
            count(*) filter (where is_swap) as swaps
        from followed
        group by month_on, person, start_on
    ) as days
    inner join rules
        on
            rules.rule_code = 'fraud_role_swapping'
            and days.start_on >= rules.from_on
            and days.start_on < rules.to_on
            and days.swaps >= rules.number
),

rides as (
    select
        month_on,
        start_on,
        operator,
        other as driver,
        person as passenger,
        journey
    from legs
    where not is_driver
),

circles as (
    select
        rules.rule_code,
        a.month_on,
        [a.journey, b.journey, c.journey] as journeys,
        a.operator != b.operator or b.operator != c.operator as is_across_operators,
        3 as score
    from rides as a
    inner join rides as b on a.start_on = b.start_on and a.passenger = b.driver and a.driver != b.passenger
    inner join rides as c on b.start_on = c.start_on and b.passenger = c.driver and a.driver = c.passenger
    inner join rules
        on rules.rule_code = 'fraud_role_circle' and a.start_on >= rules.from_on and a.start_on < rules.to_on
    where a.journey < least(b.journey, c.journey)
)

select
    rule_code,
    month_on,
    journey,
    is_across_operators,
    score,
    others
from too_many
union all
select
    rule_code,
    month_on,
    unnest(journeys) as journey,
    is_across_operators,
    score,
    journeys[1:10] as others
from (
    from swaps
    union all by name
    from circles
)
