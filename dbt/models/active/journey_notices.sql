{{ config(materialized='view') }}
-- What the acceptance rules tell an operator: why a journey is refused, and where one counts for less than declared;
-- what was sent under an id that is another journey's, what was cancelled and never sent, and what was settled before
-- the base forgot it.
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
union all
select
    versions.operator_id,
    versions.operator_journey_id,
    versions.drop_id,
    cast(timezone('Europe/Paris', versions.start_at) as date),
    'id_used_again'
from {{ ref('int_journey_versions') }} as versions
anti join {{ ref('stg_restricted_journeys') }} as restricted
    on
        versions.operator_id = restricted.operator_id
        and versions.operator_journey_id = restricted.operator_journey_id
where versions.is_stray
union all
select
    operator_id,
    operator_journey_id,
    drop_id,
    null,
    'cancellation_unknown'
from {{ ref('int_cancellations') }}
where kind = 'unknown'
union all
select distinct
    journeys.operator_id,
    journeys.operator_journey_id,
    journeys.drop_id,
    journeys.start_on,
    'settled_before'
from {{ ref('int_accepted_journeys') }} as journeys
inner join {{ ref('stg_settled_before') }} as settled
    on
        journeys.operator_id = settled.operator_id
        and journeys.operator_journey_id = settled.operator_journey_id
where journeys.outcome != 'cancelled'
