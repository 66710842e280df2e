{{ config(meta={'day': 'start_on'}) }}
-- What shows in the accounts of a journey's people, over the whole active base.
with people as (
    select
        operator_id,
        operator_journey_id,
        start_on,
        unnest([driver, passenger]) as person
    from {{ ref('int_fraud_journeys') }}
    where
        is_own
        and is_standing
        and not is_settled
        and operator_id in (select operator_id from {{ ref('int_changing_accounts') }})
)

select
    changing.rule_code,
    people.operator_id,
    people.operator_journey_id,
    people.start_on,
    max(changing.score) as score
from people
inner join {{ ref('int_changing_accounts') }} as changing
    on
        people.operator_id = changing.operator_id
        and people.person = hash(changing.identity_key)
        and people.start_on >= changing.from_on
        and people.start_on < changing.to_on
group by all
