-- Which version each cancellation cancels: the one delivered just before it. One that came before its journey cancels
-- the first version when it comes, unless that is a correction, which says that the journey stands. Why: D-024, D-025.
with cancellations as (
    select
        *,
        { 'dropped_at': dropped_at, 'drop_id': drop_id, 'drop_row': drop_row } as delivered
    from {{ ref('stg_cancellations') }}
),

journeys as (
    select
        operator_id,
        operator_journey_id,
        status,
        { 'dropped_at': dropped_at, 'drop_id': drop_id, 'drop_row': drop_row } as delivered,
        {{ is_stray('deliveries') }} as is_stray
    from {{ ref('stg_journeys') }}
    semi join cancellations using (operator_id, operator_journey_id)
    window
        deliveries as (
            partition by operator_id, operator_journey_id
            order by dropped_at, drop_id, drop_row
        )
),

matched as (
    select
        cancellations.drop_id,
        cancellations.drop_row,
        max(journeys.delivered) filter (where journeys.delivered < cancellations.delivered) as before,
        min(journeys.delivered) as earliest,
        arg_min(journeys.status, journeys.delivered) as earliest_status
    from cancellations
    left join journeys
        on
            cancellations.operator_id = journeys.operator_id
            and cancellations.operator_journey_id = journeys.operator_journey_id
            and not journeys.is_stray
    group by cancellations.drop_id, cancellations.drop_row
)

select
    cancellations.* exclude (delivered),
    case
        when matched.earliest is null then 'unknown'
        when matched.before is not null then 'after'
        when matched.earliest_status = 'new' then 'early'
        else 'overruled'
    end as kind,
    coalesce(matched.before, matched.earliest).drop_id as version_drop_id,
    coalesce(matched.before, matched.earliest).drop_row as version_drop_row
from cancellations
inner join matched using (drop_id, drop_row)
