-- name: pot_ends
-- A campaign that goes on until its pot is empty ends with it on any day, another only before its planned end.
select
    members.operator_id,
    campaigns.campaign_name as campagne,
    authorities.authority_name as autorite,
    campaigns.convention_reference as convention,
    printf('%d,%02d', status.budget_cents // 100, status.budget_cents % 100) as enveloppe_euros,
    printf(
        '%d,%02d', greatest(status.left_cents, 0) // 100, greatest(status.left_cents, 0) % 100
    ) as reste_euros,
    status.exhaustion_on,
    status.horizon_on is null as is_over, -- a day that is no forecast
    campaigns.is_fee_in_budget,
    campaigns.budget_article
from finance.budget_status as status
inner join catalogue.campaigns as campaigns on status.campaign_id = campaigns.campaign_id
inner join catalogue.authorities as authorities on campaigns.authority_id = authorities.authority_id
inner join catalogue.campaign_members as members
    on status.campaign_id = members.campaign_id and $day between members.from_on and members.to_on
where
    abs(date_diff('day', $day, status.exhaustion_on)) <= $days
    and (campaigns.is_until_empty or status.exhaustion_on <= campaigns.closes_until_on)
order by members.operator_id, status.exhaustion_on, status.campaign_id;
