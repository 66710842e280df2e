{{ config(materialized='kept_whole', meta={'day': 'version_start_on'}) }}
-- Which version each cancellation cancels: the one delivered just before it. One that came before its journey cancels
-- the first version when it comes, unless that is a correction, which says that the journey stands. Why: D-024, D-025.
with cancellations as (
    select
        *,
        { 'dropped_at': dropped_at, 'drop_id': drop_id, 'drop_row': drop_row } as delivered,
        hash(operator_id, operator_journey_id) as id_hash
    from {{ ref('stg_cancellations') }}
),

journeys as (
    select
        operator_id,
        operator_journey_id,
        status,
        { 'dropped_at': dropped_at, 'drop_id': drop_id, 'drop_row': drop_row } as delivered,
        { 'delivered': delivered, 'start_on': start_on } as version,
        {{ is_stray('deliveries') }} as is_stray
    from {{ ref('int_deliveries') }}
    where id_hash in (select id_hash from cancellations)
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
        max(journeys.version) filter (where journeys.delivered < cancellations.delivered) as before,
        min(journeys.version) filter (where journeys.delivered is not null) as earliest,
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
    cancellations.* exclude (delivered, id_hash),
    case
        when matched.earliest is null then 'unknown'
        when matched.before is not null then 'after'
        when matched.earliest_status = 'new' then 'early'
        else 'overruled'
    end as kind,
    coalesce(matched.before, matched.earliest).delivered.drop_id as version_drop_id,
    coalesce(matched.before, matched.earliest).delivered.drop_row as version_drop_row,
    coalesce(matched.before, matched.earliest).start_on as version_start_on
from cancellations
inner join matched using (drop_id, drop_row)
