-- name: labels
select
    operator_id,
    operator_journey_id,
    start_on,
    if(is_across_operators, $neutral, rule_code) as rule_code,
    is_excluding,
    max(decided_on) as decided_on
from fraud.fraud_labels
where
    (start_on > $cut_off or (operator_id, operator_journey_id, rule_code) in (from traced))
    and (is_excluding or is_excluding_by_rule or not is_across_operators)
group by all
order by all;
