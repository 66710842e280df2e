{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'declared_incentives'}}}) }}
-- An operator once counted 1 000 journeys more than its fund call: both sides see where they differ, month by month.
select
    operator_id,
    authority_id,
    month_on
from {{ ref('declared_incentives') }}
where differing_journeys > 0
