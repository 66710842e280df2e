{% set rounds = 4 %}
-- A journey that is set aside itself is nobody's neighbour: of a chain A, B, C, where B contradicts A and C, A and C
-- stay. First come, first kept, by the journeys' own times; what {{ rounds }} rounds leave open is set aside.
with pairs as (
    select * from {{ ref('int_fraud_pairs') }}
),

conflicts as (
    select distinct
        journey,
        other_journey
    from pairs
    where is_conflict and is_excluding
),

aside_0 as (
    select journey
    from pairs
    where is_both and is_excluding
    union
    select other_journey
    from pairs
    where is_both and is_excluding
    union
    select journeys.journey
    from {{ ref('int_fraud_likeness') }} as found
    inner join {{ ref('int_fraud_journeys') }} as journeys on found.journey = journeys.journey
    inner join {{ source('catalogue', 'fraud_rules') }} as rules
        on
            found.rule_code = rules.rule_code
            and rules.is_excluding
            and journeys.start_on >= rules.from_on
            and journeys.start_on < rules.to_on
),

{% for round in range(1, rounds + 1) %}
    open_{{ round }} as (
        select conflicts.*
        from conflicts
        anti join aside_{{ round - 1 }} as aside on conflicts.other_journey = aside.journey
    ),

    aside_{{ round }} as (
        select journey
        from aside_{{ round - 1 }}
        union
        select open_now.journey
        from open_{{ round }} as open_now
        anti join open_{{ round }} as still_open on open_now.other_journey = still_open.journey
    ){{ ',' if not loop.last }}

{% endfor %}

select
    pairs.rule_code,
    pairs.journey,
    pairs.score,
    [pairs.other_journey] as others
from pairs
left join aside_{{ rounds }} as aside on pairs.other_journey = aside.journey
where pairs.is_both or not pairs.is_conflict or aside.journey is null
union all
select
    rule_code,
    other_journey as journey,
    score,
    [journey] as others
from pairs
where is_both
union all
from {{ ref('int_fraud_days') }}
union all
from {{ ref('int_fraud_likeness') }}
