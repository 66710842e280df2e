{{ config(materialized='by_month', meta={'day': 'start_on'}) }}
-- The rules in force for an operator's journeys of one day; null where none is. A code has one row a day at most
-- (campaigns/language/acceptance.py), a day as many campaigns as grant the operator more time.
with days as (
    select distinct
        operator_id,
        start_on
    from {{ ref('int_journeys_placed') }}
),

rules as (
    select
        days.operator_id,
        days.start_on,
        max(rules.hours) filter (where rules.rule_code = 'sent_too_late') as deadline_hours,
        bool_or(rules.is_from_start) filter (where rules.rule_code = 'sent_too_late') as is_deadline_from_start,
        max(rules.metres) filter (where rules.rule_code = 'distance_too_short') as least_distance_m,
        max(rules.minutes) filter (where rules.rule_code = 'too_close_trips') as least_gap_minutes,
        max(rules.maximum) filter (where rules.rule_code = 'too_many_trips') as most_trips,
        bool_or(rules.rule_code = 'not_yet_over') as must_be_over,
        bool_or(rules.rule_code = 'operator_not_granted') as must_be_granted,
        bool_or(rules.rule_code = 'journey_outside_production') as must_be_in_production
    from days
    inner join {{ source('catalogue', 'acceptance_rules') }} as rules
        on days.start_on between rules.from_on and rules.to_on
    group by days.operator_id, days.start_on
),

graces as (
    select
        days.operator_id,
        days.start_on,
        max(graces.hours) as hours,
        bool_or(graces.hours is null) as is_unlimited
    from days
    inner join {{ source('catalogue', 'campaign_graces') }} as graces
        on days.operator_id = graces.operator_id and days.start_on between graces.from_on and graces.to_on
    group by days.operator_id, days.start_on
)

select
    rules.* exclude (must_be_in_production, deadline_hours),
    if(
        graces.is_unlimited or rules.deadline_hours is null, null, greatest(rules.deadline_hours, graces.hours)
    ) as deadline_hours,
    rules.must_be_in_production and not exists (
        select 1
        from {{ source('catalogue', 'operator_admissions') }} as admissions
        where
            admissions.operator_id = rules.operator_id
            and rules.start_on between admissions.from_on and admissions.to_on
    ) as is_outside_production
from rules
left join graces using (operator_id, start_on)
