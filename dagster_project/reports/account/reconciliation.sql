-- name: campaigns
select distinct
    months.campaign_id,
    campaigns.campaign_name
from payments.reconciliations as months
inner join catalogue.campaigns as campaigns on months.campaign_id = campaigns.campaign_id
where months.authority_id = $authority_id
order by all;

-- name: months
select
    operator_id,
    month_on,
    declared_cents,
    computed_cents,
    declared_cents - computed_cents as gap_cents,
    unexplained_cents,
    closed_cents,
    paid_cents,
    unpaid_cents,
    open_cents
from payments.reconciliations
where campaign_id = $campaign_id
order by month_on, operator_id;

-- name: reasons
-- What no campaign of the authority concerns is told with each of them.
select
    operator_id,
    month_on,
    reason,
    journeys,
    declared_cents,
    computed_cents,
    declared_cents - computed_cents as gap_cents
from payments.reconciliation_reasons
where authority_id = $authority_id and (campaign_id = $campaign_id or campaign_id is null)
order by month_on, operator_id, reason;
