with journeys as (
    select * from {{ ref('int_journeys_placed') }}
),

-- The class an operator was granted on the day of the journey: the latest grant counts.
granted as (
    select
        journeys.operator_id,
        journeys.operator_journey_id,
        arg_max(classes.granted_class, classes.from_at) as granted_class
    from journeys
    inner join {{ source('catalogue', 'operator_classes') }} as classes
        on journeys.operator_id = classes.operator_id and journeys.start_at >= classes.from_at
    group by all
),

judged as (
    select
        journeys.* exclude (operator_class, is_current),
        journeys.operator_class as declared_class,
        least(journeys.operator_class, granted.granted_class) as operator_class,
        case
            when journeys.status = 'cancelled' then 'cancelled'
            when granted.granted_class is null then 'refused'
            else 'valid'
        end as outcome,
        case
            when journeys.status != 'cancelled' and granted.granted_class is null then ['operator_not_granted']
            else []
        end as refusal_codes
    from journeys
    left join granted using (operator_id, operator_journey_id)
)

select * from judged
