-- name: pots
-- What a campaign's lines come to, settled and waiting; drawn and left as its pot counts them.
select
    campaigns.campaign_id,
    status.settled_cents + status.provisional_cents as drawn_cents,
    status.left_cents,
    cast(coalesce(sum(months.incentive_cents), 0) as bigint) as incentive_cents,
    cast(coalesce(sum(months.fee_cents), 0) as bigint) as fee_cents
from catalogue.campaigns as campaigns
inner join finance.budget_status as status on campaigns.campaign_id = status.campaign_id
left join finance.int_pot_months as months on campaigns.campaign_id = months.campaign_id
where campaigns.authority_id = $authority_id
group by all
order by campaigns.campaign_id;

-- name: owed
-- As statements of account have it: what is to be given back is taken off.
select cast(coalesce(sum(rest_cents - surplus_cents), 0) as bigint) as left_cents
from payments.demand_accounts
where authority_id = $authority_id and sent_on is not null;
