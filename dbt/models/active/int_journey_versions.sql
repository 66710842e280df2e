with delivered as (
    select
        *,
        -- The content that tells a duplicate from a correction. Compared within one build only.
        hash(
            status, operator_trip_id, operator_class, start_at, end_at, start_lat, start_lon, end_lat, end_lon,
            start_place_code, end_place_code, distance_m, seats, passenger_contribution_cents,
            driver_revenue_cents, incentives, passenger_over_18, driver_identity_key, passenger_identity_key
        ) as content_hash
    from {{ ref('stg_journeys') }}
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
    select *
    from new_content
    qualify
        lag(content_hash) over (
            partition by operator_id, operator_journey_id
            order by dropped_at, drop_id, drop_row
        ) is distinct from content_hash
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
            order by dropped_at desc, drop_id desc, drop_row desc
        )
)

select * from numbered
