-- name: suspect
-- What is set aside, what only informs and the rest are counted apart: a sum would give one of them away.
create or replace temp view suspect as
select
    operator_id,
    operator_journey_id,
    bool_or(is_excluding) as is_out,
    cast(date_trunc('month', start_on) as date) as month_on
from fraud.fraud_labels
group by all;

-- name: months
select
    cast(date_trunc('month', start_on) as date) as month_on,
    operator_id,
    count(*) filter (where is_out is null) as honest,
    count(*) filter (where is_out) as excluded,
    count(*) filter (where not is_out) as informative
from active.int_accepted_journeys
left join suspect using (operator_id, operator_journey_id)
where outcome = 'valid'
group by all
order by all;

-- name: labels
select
    rule_code,
    is_excluding,
    count(*) as journeys,
    count(distinct operator_id) as operators
from fraud.fraud_labels
inner join suspect using (operator_id, operator_journey_id)
semi join (
    select
        journeys.operator_id,
        journeys.month_on,
        journeys.is_out
    from suspect as journeys
    group by all
    having count(*) >= $least
) using (operator_id, month_on, is_out)
group by all
order by is_excluding desc, journeys desc, rule_code asc;

-- name: alerts
select * from fraud.operator_alerts
order by month_on, operator_id, rule_code;
