-- name: accounts
select
    drop_id,
    new_journeys,
    corrections,
    cancellations,
    duplicates,
    strays,
    unknown_cancellations
from active.drop_accounts
where business_date > $after and refused_code is null;

-- name: notices
select
    drop_id,
    rule_code,
    count(*)
from active.journey_notices
group by all
order by all;
