-- name: pots
-- Campaigns with a pot, the one that is expected to be empty first before the others.
select
    campaigns.authority_id,
    campaigns.campaign_id
from catalogue.campaigns as campaigns
inner join finance.budget_status as status on campaigns.campaign_id = status.campaign_id
where status.budget_cents is not null
order by status.exhaustion_on nulls last, campaigns.campaign_id;
