with cancellations as (
    select * from {{ ref('int_cancellations') }}
),

-- What stands in the place of a row that was cancelled: itself (cancelled as it came, where the cancellation was there
-- before), and its cancellations, which have its facts.
cancelled as (
    select
        version_drop_id,
        version_drop_row,
        null as drop_id,
        null as drop_row,
        null as business_date,
        null as dropped_at,
        bool_or(kind = 'early') as is_cancelled
    from cancellations
    where kind in ('after', 'early')
    group by version_drop_id, version_drop_row
    union all
    select
        version_drop_id,
        version_drop_row,
        drop_id,
        drop_row,
        business_date,
        dropped_at,
        true as is_cancelled
    from cancellations
    where kind = 'after'
),

delivered as (
    select
        journeys.* replace (
            coalesce(cancelled.drop_id, journeys.drop_id) as drop_id,
            coalesce(cancelled.drop_row, journeys.drop_row) as drop_row,
            coalesce(cancelled.business_date, journeys.business_date) as business_date,
            coalesce(cancelled.dropped_at, journeys.dropped_at) as dropped_at,
            if(cancelled.is_cancelled, 'cancelled', journeys.status) as status
        ),
        -- The content that tells a duplicate from a correction. Compared within one build only.
        hash(
            if(cancelled.drop_id is null, journeys.status, 'cancelled'), operator_trip_id, operator_class,
            start_at, end_at, start_lat, start_lon, end_lat, end_lon, start_place_code, end_place_code,
            distance_m, seats, passenger_contribution_cents, driver_revenue_cents, incentives, passenger_over_18,
            driver_identity_key, passenger_identity_key
        ) as content_hash
    from {{ ref('stg_journeys') }} as journeys
    left join cancelled
        on journeys.drop_id = cancelled.version_drop_id and journeys.drop_row = cancelled.version_drop_row
),

-- In order of delivery, not of arrival here: a file that waited three nights corrects nothing newer.
-- A new row with a content known already is a duplicate, whenever it comes: it brings nothing back.
new_content as (
    select *
    from delivered
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
        * exclude (content_hash),
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
)

select * from numbered
