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
    any_value(drops.layout) as layout,
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

-- name: tests
select
    test_id,
    article
from catalogue.campaign_tests
where campaign_id = $campaign_id;

-- name: steps
select
    period_start_on,
    step,
    loss,
    seats
from finance.fund_call_steps
where operator_id = $operator_id and campaign_id = $campaign_id
order by period_start_on desc, seats desc, loss asc;

-- name: calls
select
    campaigns.campaign_name,
    calls.period_start_on,
    calls.period_end_on,
    calls.is_closed,
    calls.tariff_cents,
    calls.cap_cut_cents,
    calls.budget_cut_cents,
    calls.adjustment_cents,
    calls.incentive_cents,
    calls.fee_ex_vat_cents + calls.vat_cents as fee_cents
from finance.fund_calls as calls
inner join catalogue.campaigns as campaigns on calls.campaign_id = campaigns.campaign_id
where calls.operator_id = $operator_id
order by calls.period_start_on desc, calls.campaign_id asc;

-- name: advances
select
    campaigns.campaign_name,
    advances.period_start_on,
    advances.period_end_on,
    advances.opening_cents,
    advances.consumed_cents,
    advances.left_cents,
    advances.revision_cents
from finance.advances as advances
inner join catalogue.campaigns as campaigns on advances.campaign_id = campaigns.campaign_id
where advances.operator_id = $operator_id
order by advances.period_start_on desc, advances.campaign_id asc;

-- name: demands
select
    reference,
    kind,
    period_start_on,
    period_end_on,
    sent_on,
    due_on,
    asked_cents,
    carried_cents,
    paid_cents,
    rest_cents,
    surplus_cents,
    days_late,
    rate_basis_points,
    interest_cents,
    indemnity_cents,
    status
from payments.demand_accounts
where operator_id = $operator_id
order by coalesce(sent_on, period_end_on) desc, reference asc;

-- name: payments
select
    booked_on,
    array_to_string(if(len(paid_references) > 0, paid_references, named_references), ' ') as named,
    amount_cents,
    unmatched_cents,
    verdict
from payments.payment_verdicts
where operator_id = $operator_id
order by booked_on desc, entry_key asc;

-- name: differing
-- Operators whose calls do not sum to their lines of the ledger, to the cent.
select operator_id
from (
    select
        operator_id,
        incentive_cents
    from finance.fund_calls
    union all
    select
        operator_id,
        -incentive_cents
    from finance.ledger_lines
)
group by operator_id
having sum(incentive_cents) != 0
order by operator_id;

-- name: delivered
select
    drop_id,
    "rows", -- noqa: RF06
    rejected_rows
from active.drop_accounts;
