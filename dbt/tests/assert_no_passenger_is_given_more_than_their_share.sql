{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'journey_shared_costs'}}}) }}
-- LOM art. 35: « l'allocation perçue ne peut excéder les frais qu'il engage ».
select operator_journey_id
from {{ ref('journey_shared_costs') }}
where is_passenger_above_share
