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

-- name: views
select *
from authorities.authority_views
where authority_id = $authority_id and selection_id = $selection_id and month_on = $month_on;
