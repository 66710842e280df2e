{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'trip_shared_costs'}}}) }}
-- Each authority knows its own incentive only; the registry sees that of all.
select trip_number
from {{ ref('trip_shared_costs') }}
where is_cost_covered_by_authorities
