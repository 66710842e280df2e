{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'trip_shared_costs'}}}) }}
-- LOM art. 35: « l'allocation ne peut couvrir l'ensemble des frais partagés ».
select trip_number
from {{ ref('trip_shared_costs') }}
where is_cost_covered
