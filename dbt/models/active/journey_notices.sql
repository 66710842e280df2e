{{ config(materialized='view') }}
-- What the acceptance rules tell an operator: why a journey is refused, and where one counts for less than declared.
select
    operator_id,
    operator_journey_id,
    drop_id,
    start_on,
    unnest(refusal_codes) as rule_code
from {{ ref('int_accepted_journeys') }}
where outcome = 'refused'
union all
select
    operator_id,
    operator_journey_id,
    drop_id,
    start_on,
    'class_above_granted'
from {{ ref('int_accepted_journeys') }}
where outcome != 'cancelled' and declared_class > operator_class
