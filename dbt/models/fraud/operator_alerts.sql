-- Journeys that another operator's contradict, by rule: neither a decision that spares some nor a cancellation, once
-- the answer was read, makes them fewer (traces hold what was set aside, for six months). Why: D-063.
with contradicted as (
    select
        operator_id,
        operator_journey_id,
        start_on
    from {{ ref('fraud_labels') }}
    where is_across_operators and is_excluding_by_rule
    union
    select
        operator_id,
        operator_journey_id,
        start_on
    from {{ ref('stg_fraud_traces') }}
    where
        list_filter(from_json(evidence, '[{"operator_id": "varchar"}]'), lambda other: other.operator_id != operator_id)
        != []
),

collisions as (
    select
        operator_id,
        cast(date_trunc('month', start_on) as date) as month_on,
        count(distinct operator_journey_id) as collisions
    from contradicted
    where date_trunc('month', start_on) not in (select final.month_on from {{ ref('int_final_days') }} as final)
    group by all
),

measures as (
    from (unpivot (
        select
            operator_id,
            month_on,
            journeys,
            cast(journeys as double) as fraud_volume,
            per_car as fraud_fill_rate,
            night_share as fraud_night_share
        from {{ ref('int_operator_months') }}
    ) on columns('^fraud_') into name rule_code value value)
    union all
    select
        collisions.operator_id,
        collisions.month_on,
        collisions.collisions as journeys,
        'fraud_collisions' as rule_code,
        collisions.collisions / greatest(coalesce(months.journeys, 0), collisions.collisions) as value
    from collisions
    left join {{ ref('int_operator_months') }} as months using (operator_id, month_on)
),

compared as (
    select
        *,
        avg(value) over own_past as own_past,
        count(*) over own_past as past_months
    from measures
    window
        own_past as (
            partition by operator_id, rule_code
            order by month_on
            range between interval 3 month preceding and interval 1 day preceding
        )
)

select
    compared.operator_id,
    compared.month_on,
    compared.rule_code,
    compared.journeys,
    compared.value,
    compared.own_past
from compared
inner join {{ source('catalogue', 'fraud_rules') }} as rules
    on
        compared.rule_code = rules.rule_code
        and compared.month_on >= rules.from_on
        and compared.month_on < rules.to_on
where
    compared.journeys >= rules.number
    and case compared.rule_code
        -- No past makes it ordinary.
        when 'fraud_collisions' then compared.value * 100 > rules.percent
        -- A share is held against its past in points, for it may be nearly nothing.
        when 'fraud_night_share'
            then compared.past_months = 3 and compared.value * 100 > compared.own_past * 100 + rules.percent
        else compared.past_months = 3 and compared.value * 100 > compared.own_past * (100 + rules.percent)
    end
