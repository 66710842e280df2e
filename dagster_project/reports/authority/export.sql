-- name: extracts
select
    authority_id,
    authority_name,
    selection_id,
    campaign_name,
    month_on,
    journeys,
    content
from authorities.authority_extracts
inner join catalogue.authorities using (authority_id)
left join (
    select
        campaign_id as selection_id,
        campaign_name
    from catalogue.campaigns
) using (selection_id)
order by authority_id, selection_id, month_on;

-- name: shared_costs
-- Named beside the journeys of its authority, as one more selection.
select
    authority_id,
    authority_name,
    'frais-partages' as selection_id,
    null as campaign_name,
    month_on,
    count(*) as breaches,
    bit_xor(hash(breaches)) as content
from authorities.authority_shared_costs as breaches -- noqa: AL05, the whole row is hashed
inner join catalogue.authorities using (authority_id)
group by authority_id, authority_name, month_on
order by authority_id, month_on;

-- name: views
select *
from authorities.authority_views
where authority_id = $authority_id and selection_id = $selection_id and month_on = $month_on;
