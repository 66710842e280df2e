{{ config(materialized='by_month', meta={'day': 'start_on'}) }}
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
    'class_above_granted' as rule_code
from {{ ref('int_accepted_journeys') }}
where outcome != 'cancelled' and declared_class > operator_class
union all
select
    versions.operator_id,
    versions.operator_journey_id,
    versions.drop_id,
    versions.start_on,
    'id_used_again' as rule_code
from {{ ref('int_journey_versions') }} as versions
anti join {{ ref('stg_restricted_journeys') }} as restricted
    on
        versions.operator_id = restricted.operator_id
        and versions.operator_journey_id = restricted.operator_journey_id
where versions.is_stray
union all
select distinct
    journeys.operator_id,
    journeys.operator_journey_id,
    journeys.drop_id,
    journeys.start_on,
    'settled_before' as rule_code
from {{ ref('int_accepted_journeys') }} as journeys
inner join {{ ref('stg_settled_before') }} as settled
    on
        journeys.operator_id = settled.operator_id
        and journeys.operator_journey_id = settled.operator_journey_id
where journeys.outcome != 'cancelled'
