{{ config(materialized='by_month', meta={'day': 'start_on'}) }}
-- Labels that exclude take a journey out of payment, as a refusal does. Refusals are told to operators and authorities:
-- of a label that rests on another operator's journey they say no more than that (contracts.labels.NEUTRAL).
with set_aside as (
    select
        operator_id,
        operator_journey_id,
        list_sort(list_distinct(list({{ shown_label() }}))) as fraud_codes
    from {{ ref('fraud_labels') }}
    where is_excluding
    group by operator_id, operator_journey_id
)

select
    accepted.* replace (
        if(set_aside.fraud_codes is null, accepted.outcome, 'refused') as outcome,
        list_concat(accepted.refusal_codes, coalesce(set_aside.fraud_codes, [])) as refusal_codes
    )
from {{ ref('int_accepted_journeys') }} as accepted
left join set_aside
    on
        accepted.operator_id = set_aside.operator_id
        and accepted.operator_journey_id = set_aside.operator_journey_id
