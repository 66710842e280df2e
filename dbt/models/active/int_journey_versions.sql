{{ config(materialized='by_month', meta={'day': 'start_on'}) }}
with deliveries as (
    select * from {{ ref('int_deliveries') }}
),

delivered as (
    {{ with_cancellations('deliveries') }}
    union all by name
    select * exclude (touched_on)
    from {{ ref('int_crossing_deliveries') }}
    where {{ is_one_month() }} -- else all deliveries are here
),

-- Nearly all ids came once, and what came once needs no order.
ids as (
    select hash(operator_id, operator_journey_id) as id
    from delivered
    group by all
    having count(*) > 1
),

-- In order of delivery, not of arrival here: a file that waited three nights corrects nothing newer.
-- A new row with a content known already is a duplicate, whenever it comes: it brings nothing back.
new_content as (
    select *
    from delivered
    where hash(operator_id, operator_journey_id) in (from ids)
    qualify
        status != 'new'
        or row_number() over (
            partition by operator_id, operator_journey_id, content_hash
            order by dropped_at, drop_id, drop_row
        ) = 1
),

-- A correction or a cancellation is a duplicate of the version just before it only.
distinct_versions as (
    select
        *,
        {{ is_stray('deliveries') }} as is_stray
    from new_content
    window
        deliveries as (
            partition by operator_id, operator_journey_id
            order by dropped_at, drop_id, drop_row
        )
    qualify lag(content_hash) over deliveries is distinct from content_hash
),

numbered as (
    select
        * exclude (content_hash, id_hash),
        row_number() over versions as version_number,
        row_number() over latest_first = 1 as is_current
    from distinct_versions
    window
        versions as (
            partition by operator_id, operator_journey_id
            order by dropped_at, drop_id, drop_row
        ),
        latest_first as (
            partition by operator_id, operator_journey_id
            order by is_stray asc, dropped_at desc, drop_id desc, drop_row desc
        )
),

-- Received once it could be told: the first delivery after its end, whatever version came then. So a correction of a
-- journey that came in time is in time, and a journey that was announced before it took place is not.
revised as (
    select
        journeys.operator_id,
        journeys.operator_journey_id,
        min(versions.dropped_at) as received_at
    from numbered as journeys
    inner join numbered as versions
        on
            journeys.operator_id = versions.operator_id
            and journeys.operator_journey_id = versions.operator_journey_id
    where
        journeys.is_current
        and journeys.version_number > 1
        and not versions.is_stray
        and journeys.end_at <= versions.dropped_at
    group by journeys.operator_id, journeys.operator_journey_id
),

versions as (
    from numbered
    union all by name
    select
        * exclude (content_hash, id_hash),
        false as is_stray,
        1 as version_number,
        true as is_current
    from delivered
    where hash(operator_id, operator_journey_id) not in (from ids)
)

select
    versions.*,
    if(
        versions.is_current,
        coalesce(
            revised.received_at, if(versions.end_at <= versions.dropped_at, versions.dropped_at, null)
        ),
        null
    ) as received_at
from versions
left join revised using (operator_id, operator_journey_id)
