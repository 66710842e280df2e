{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'trip_shared_costs'}}}) }}
-- LOM art. 35: an allowance is deducted from what the driver spends, so it is no more than their part of the cost.
select trip_number
from {{ ref('trip_shared_costs') }}
where is_driver_above_share
