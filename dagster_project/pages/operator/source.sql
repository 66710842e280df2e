-- name: drops
-- Names of files go thirty days after their night; the answer of a drop goes with them.
select
    drops.business_date,
    drops.drop_id,
    drops.file_name,
    drops.rows,
    drops.rows - drops.rejected_rows as accepted_rows,
    drops.rejected_rows,
    drops.new_journeys,
    drops.corrections,
    drops.cancellations,
    drops.duplicates,
    drops.refused_code
from active.drop_accounts as drops
where drops.operator_id = $operator_id and drops.business_date > $since
order by drops.business_date desc, drops.file_name asc, drops.drop_id asc;

-- name: rejections
select
    findings.rule_code,
    findings.column as field,
    min(drops.layout) as layout,
    date_diff('week', drops.business_date, $day) as weeks_ago,
    count(*) as found
from staging.stg_findings as findings
inner join staging.stg_drops as drops on findings.drop_id = drops.drop_id
where findings.operator_id = $operator_id and findings.severity = 'error' and drops.business_date > $since
group by all;

-- name: refusals
select
    rule_code,
    date_diff('week', start_on, $day) as weeks_ago,
    count(*) as found
from active.journey_notices
where operator_id = $operator_id
group by all;

-- name: labels
-- As feedback/signalements.csv says them: what rests on another operator's journey under one neutral code.
select
    rule_code,
    is_excluding,
    date_diff('week', start_on, $day) as weeks_ago,
    count(*) as found
from (
    select distinct
        operator_journey_id,
        start_on,
        is_excluding,
        if(is_across_operators, $neutral, rule_code) as rule_code
    from fraud.fraud_labels
    where
        operator_id = $operator_id
        and start_on > $labels_since
        and (is_excluding or is_excluding_by_rule or not is_across_operators)
)
group by all;

-- name: campaigns
select distinct
    campaigns.campaign_id,
    campaigns.campaign_name
from catalogue.campaigns as campaigns
inner join finance.fund_calls as calls on campaigns.campaign_id = calls.campaign_id
where calls.operator_id = $operator_id
order by campaigns.campaign_id;

-- name: steps
select
    period_start_on,
    step,
    loss,
    seats
from finance.fund_call_steps
where operator_id = $operator_id and campaign_id = $campaign_id
order by period_start_on desc, seats desc, loss asc;
