{{ config(materialized='view') }}
-- What an operator is told of its journeys: why one is refused, and where one counts for less than it declares.
select
    operator_id,
    operator_journey_id,
    drop_id,
    start_on,
    unnest(refusal_codes) as rule_code
from {{ ref('journeys') }}
where outcome = 'refused'
union all
select
    operator_id,
    operator_journey_id,
    drop_id,
    start_on,
    'class_above_granted'
from {{ ref('journeys') }}
where outcome != 'cancelled' and declared_class > operator_class
