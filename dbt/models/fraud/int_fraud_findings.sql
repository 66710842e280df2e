{{ config(
    materialized='by_month',
    meta={'around': {'stg_fraud_verdicts': 'start_on', 'int_fraud_accounts': 'start_on'}},
) }}
{% set rounds = 4 %}
-- A journey that is set aside itself is nobody's neighbour: of a chain A, B, C, where B contradicts A and C, A and C
-- stay. First come, first kept, by the journeys' own times; what {{ rounds }} rounds leave open is set aside. What is
-- final is set aside or not as it was. Why: D-050.
with pairs as (
    select * from {{ ref('int_fraud_pairs') }}
),

conflicts as (
    select distinct
        month_on,
        journey,
        other_journey
    from pairs
    where is_conflict and is_excluding
),

aside_0 as (
    select
        month_on,
        journey
    from pairs
    where is_both and is_excluding
    union
    select
        month_on,
        other_journey
    from pairs
    where is_both and is_excluding and not is_other_settled
    union
    select
        journeys.month_on,
        journeys.journey
    from {{ ref('int_fraud_journeys') }} as journeys
    semi join {{ ref('stg_fraud_verdicts') }} using (operator_id, operator_journey_id)
    union
    select
        journeys.month_on,
        journeys.journey
    from {{ ref('int_fraud_likeness') }} as likeness
    inner join {{ ref('int_fraud_journeys') }} as journeys
        on likeness.month_on = journeys.month_on and likeness.journey = journeys.journey
    inner join {{ source('catalogue', 'fraud_rules') }} as rules
        on
            likeness.rule_code = rules.rule_code
            and rules.is_excluding
            and journeys.start_on >= rules.from_on
            and journeys.start_on < rules.to_on
            and not journeys.is_settled
    union
    select
        journeys.month_on,
        journeys.journey
    from {{ ref('int_fraud_accounts') }} as accounts
    inner join {{ ref('int_fraud_journeys') }} as journeys using (operator_id, operator_journey_id)
    inner join {{ source('catalogue', 'fraud_rules') }} as rules
        on
            accounts.rule_code = rules.rule_code
            and rules.is_excluding
            and accounts.start_on >= rules.from_on
            and accounts.start_on < rules.to_on
),

{% for round in range(1, rounds + 1) %}
    open_{{ round }} as (
        select conflicts.*
        from conflicts
        anti join aside_{{ round - 1 }} as aside
            on conflicts.month_on = aside.month_on and conflicts.other_journey = aside.journey
    ),

    aside_{{ round }} as (
        from aside_{{ round - 1 }}
        union
        select
            open_now.month_on,
            open_now.journey
        from open_{{ round }} as open_now
        anti join open_{{ round }} as still_open
            on open_now.month_on = still_open.month_on and open_now.other_journey = still_open.journey
    ){{ ',' if not loop.last }}

{% endfor %}

select
    pairs.rule_code,
    pairs.month_on,
    pairs.journey,
    pairs.is_across_operators,
    pairs.score,
    [pairs.other_journey] as others
from pairs
left join aside_{{ rounds }} as aside on pairs.month_on = aside.month_on and pairs.other_journey = aside.journey
where pairs.is_both or not pairs.is_conflict or aside.journey is null
union all by name
select
    rule_code,
    month_on,
    other_journey as journey,
    is_across_operators,
    score,
    [journey] as others
from pairs
where is_both
union all by name
from {{ ref('int_fraud_days') }}
union all by name
from {{ ref('int_fraud_likeness') }}
