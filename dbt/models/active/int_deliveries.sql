{{ config(materialized='by_month', meta={'day': 'start_on'}) }}
-- Journeys as they were delivered, by the local day of their start; and a number for an operator's id, by which those
-- that come again are found.
select
    * exclude (month),
    {{ local_day('start_at') }} as start_on,
    hash(operator_id, operator_journey_id) as id_hash
from {{ ref('stg_journeys') }}
