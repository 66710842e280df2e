-- name: set_aside
-- What a decision alone has set aside long ago has had its trace.
select
    labels.operator_id,
    labels.operator_journey_id,
    labels.rule_code,
    labels.start_on,
    journeys.end_at,
    journeys.driver_identity_key,
    journeys.passenger_identity_key,
    labels.score,
    coalesce(cast(to_json(labels.evidence) as varchar), '[]') as evidence,
    cast($business_date as date) as set_aside_on,
    cast(null as date) as lifted_on
from fraud.fraud_labels as labels
inner join active.int_accepted_journeys as journeys using (operator_id, operator_journey_id)
where labels.is_excluding
order by all;

-- name: decided_long_ago
select
    operator_id,
    operator_journey_id,
    rule_code
from fraud.fraud_labels
where is_excluding and not is_excluding_by_rule and decided_on <= $cut_off;

-- name: by_rule
select
    operator_id,
    operator_journey_id,
    rule_code
from fraud.fraud_labels
where is_excluding_by_rule;

-- name: months
select distinct cast(date_trunc('month', start_on) as date) from active.int_accepted_journeys
order by 1;

-- name: seen
-- Journeys that a night sees first, or judges at last; of a limited person the id alone.
with rides as (
    select
        operator_id,
        operator_journey_id,
        drop_id,
        true as is_first_judged,
        false as is_known,
        cast(timezone('Europe/Paris', start_at) as date) as start_on
    from active.int_journey_versions
    where is_current and $is_first and date_trunc('month', start_on) = $month_on
    union all
    select
        operator_id,
        operator_journey_id,
        drop_id,
        version_number = 1,
        is_known,
        start_on
    from fraud.int_late_journeys
    where not $is_first and month_on = $month_on
)

select
    rides.*,
    valid.operator_id is not null as is_judged
from rides
left join (
    from fraud.int_fraud_journeys
    where is_own and is_standing and month_on = $month_on
) as valid
    using (operator_id, operator_journey_id)
where is_judged or not is_known;

-- name: verdicts
select
    operator_id,
    operator_journey_id,
    rule_code,
    start_on
from fraud.fraud_labels semi join seen using (operator_id, operator_journey_id)
where is_excluding_by_rule
order by all;

-- name: counts
-- Persons whom the month has counted already are not counted again, nor journeys corrected since.
with set_aside as (
    select
        labels.operator_id,
        labels.operator_journey_id,
        if(labels.is_across_operators, $neutral, labels.rule_code) as rule_code,
        seen.drop_id is not null and (is_first_judged or verdicts.rule_code is null) as is_new,
        unnest([driver_identity_key, passenger_identity_key]) as account
    from fraud.fraud_labels as labels
    inner join active.int_accepted_journeys using (operator_id, operator_journey_id)
    left join seen using (operator_id, operator_journey_id)
    left join staging.stg_fraud_verdicts as verdicts
        on
            labels.operator_id = verdicts.operator_id
            and labels.operator_journey_id = verdicts.operator_journey_id
            and labels.rule_code = verdicts.rule_code
    where labels.is_excluding and date_trunc('month', labels.start_on) = $month_on
),

by_label as (
    select
        operator_id,
        operator_journey_id,
        rule_code,
        bool_and(is_new) as is_new,
        account
    from set_aside
    group by all
    union all
    select
        operator_id,
        operator_journey_id,
        'all',
        bool_and(is_new),
        account
    from set_aside
    group by all
),

counted_first as (
    select
        operator_id,
        rule_code,
        count(*) as accounts
    from (
        select
            operator_id,
            rule_code,
            account
        from by_label
        group by all
        having bool_and(is_new)
    )
    group by all
),

rows as (
    select
        operator_id,
        rule_code,
        count(distinct operator_journey_id) as journeys
    from by_label
    where is_new
    group by all
    union all
    select distinct
        operator_id,
        'all',
        0
    from seen anti join (
        from by_label
        where is_new
    ) using (operator_id)
),

drops as (
    select
        operator_id,
        string_agg(distinct drop_id, ' ' order by drop_id) as drops
    from seen
    group by all
)

select
    cast($month_on as date) as month_on,
    rows.operator_id,
    rows.rule_code,
    coalesce(counted_first.accounts, 0) as accounts,
    rows.journeys,
    if(rows.rule_code = 'all', drops.drops, null) as drops
from rows inner join drops using (operator_id) left join counted_first using (operator_id, rule_code)
order by all;
