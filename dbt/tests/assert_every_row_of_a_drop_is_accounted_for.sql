{{ config(meta={'dagster': {'ref': {'name': 'drop_accounts'}}}) }}
-- Every row ends in exactly one place (an operator once asked why 5 of its 1 300 journeys were gone).
select drop_id
from {{ ref('drop_accounts') }}
where rows != rejected_rows + new_journeys + corrections + cancellations + duplicates
