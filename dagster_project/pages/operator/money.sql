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
select *
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
