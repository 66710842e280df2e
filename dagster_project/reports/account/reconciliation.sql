-- name: campaigns
select
    months.campaign_id,
    campaigns.campaign_name,
    cast(sum(months.declared_cents) as bigint) as declared_cents,
    cast(sum(months.computed_cents) as bigint) as computed_cents
from payments.reconciliations as months
inner join catalogue.campaigns as campaigns on months.campaign_id = campaigns.campaign_id
where months.authority_id = $authority_id
group by months.campaign_id, campaigns.campaign_name
order by months.campaign_id;

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
    open_cents,
    forgotten_cents
from payments.reconciliations
where campaign_id = $campaign_id
order by month_on, operator_id;

-- name: reasons
-- Of one campaign; of none ($campaign_id is null), what is declared of the authority outside of all its campaigns.
select
    operator_id,
    month_on,
    reason,
    journeys,
    declared_cents,
    computed_cents,
    declared_cents - computed_cents as gap_cents
from payments.reconciliation_reasons
where authority_id = $authority_id and campaign_id is not distinct from $campaign_id
order by month_on, operator_id, reason;
