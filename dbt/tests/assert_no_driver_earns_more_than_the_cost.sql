{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'trip_shared_costs'}}}) }}
-- Art. L3132-1: « à titre non onéreux, excepté le partage des frais ».
select trip_number
from {{ ref('trip_shared_costs') }}
where is_driver_above_cost
