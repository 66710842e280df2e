-- name: pots
-- Campaigns with a pot: the one whose pot is expected to be empty next; last those whose pot is.
select
    campaigns.authority_id,
    campaigns.campaign_id
from catalogue.campaigns as campaigns
inner join finance.budget_status as status on campaigns.campaign_id = status.campaign_id
where status.budget_cents is not null
order by
    coalesce(status.exhaustion_on < status.business_date, false) asc,
    status.exhaustion_on asc nulls last,
    campaigns.campaign_id asc;
