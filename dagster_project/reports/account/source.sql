-- name: authorities
select distinct authority_id
from payments.demand_accounts
order by all;

-- name: campaigns
select distinct
    demands.operator_id,
    campaigns.campaign_name
from payments.demand_accounts as demands
inner join catalogue.campaigns as campaigns on demands.campaign_id = campaigns.campaign_id
where demands.authority_id = $authority_id
order by all;

-- name: demands
select
    operator_id,
    campaign_id,
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
    status,
    invoice_status,
    seen_on
from payments.demand_accounts
where authority_id = $authority_id
order by operator_id, coalesce(sent_on, period_end_on), reference;

-- name: payments
select
    operator_id,
    booked_on,
    amount_cents,
    array_to_string(if(len(paid_references) > 0, paid_references, named_references), ' ') as named,
    unmatched_cents,
    verdict as title
from payments.payment_verdicts
where authority_id = $authority_id
order by operator_id, booked_on, entry_key;
