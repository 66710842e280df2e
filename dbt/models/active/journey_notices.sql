{{ config(materialized='view') }}
-- What the acceptance rules tell an operator: why a journey is refused, and where one counts for less than declared;
-- what was sent under an id that is another journey's, what was cancelled and never sent, and what was settled before
-- the base forgot it.
from {{ ref('int_month_notices') }}
union all by name
select
    operator_id,
    operator_journey_id,
    drop_id,
    null as start_on,
    'cancellation_unknown' as rule_code
from {{ ref('int_cancellations') }}
where kind = 'unknown'
