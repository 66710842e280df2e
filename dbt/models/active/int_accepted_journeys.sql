{{ config(materialized='by_month', meta={'day': 'start_on'}) }}
with kept as (
    select
        operator_id,
        operator_journey_id,
        refusal_codes
    from {{ ref('int_kept_verdicts') }}
),

refusals as (
    select
        operator_id,
        operator_journey_id,
        refusal_codes
    from (
        from {{ ref('int_own_refusals') }}
        union all by name
        from {{ ref('int_close_refusals') }}
        union all by name
        from {{ ref('int_crowded_refusals') }}
    )
    anti join kept using (operator_id, operator_journey_id)
    union all by name
    from kept
),

judged as (
    select
        journeys.* exclude (operator_class, is_current),
        journeys.operator_class as declared_class,
        least(journeys.operator_class, grants.granted_class) as operator_class,
        if(journeys.status = 'cancelled', [], coalesce(refusals.refusal_codes, [])) as refusal_codes,
        case
            when journeys.status = 'cancelled' then 'cancelled'
            when refusals.refusal_codes != [] then 'refused'
            else 'valid'
        end as outcome
    from {{ ref('int_journeys_placed') }} as journeys
    left join {{ ref('int_class_grants') }} as grants
        on
            journeys.operator_id = grants.operator_id
            and journeys.start_at >= grants.from_at
            and journeys.start_at < grants.to_at
    left join refusals
        on
            journeys.operator_id = refusals.operator_id
            and journeys.operator_journey_id = refusals.operator_journey_id
)

select * from judged
