{# A row that shares neither person nor local day with the first one delivered under its id: no correction of it. #}
{% macro is_stray(deliveries) %}
    coalesce(case
        when
            driver_identity_key in (
                first_value(driver_identity_key) over {{ deliveries }},
                first_value(passenger_identity_key) over {{ deliveries }}
            )
            or passenger_identity_key in (
                first_value(driver_identity_key) over {{ deliveries }},
                first_value(passenger_identity_key) over {{ deliveries }}
            )
            then false
        else
            {{ local_day("start_at") }}
            != {{ local_day("first_value(start_at) over " ~ deliveries) }}
    end, false)
{% endmacro %}

{#
    Deliveries, and what stands in the place of those that were cancelled: itself (cancelled as it came, where the
    cancellation was there before), and its cancellations, which have its facts.
#}
{% macro with_cancellations(deliveries) %}
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
    from {{ deliveries }} as journeys
    left join (
        select
            version_drop_id,
            version_drop_row,
            null as drop_id,
            null as drop_row,
            null as business_date,
            null as dropped_at,
            bool_or(kind = 'early') as is_cancelled
        from {{ ref('int_cancellations') }}
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
        from {{ ref('int_cancellations') }}
        where kind = 'after'
    ) as cancelled
        on journeys.drop_id = cancelled.version_drop_id and journeys.drop_row = cancelled.version_drop_row
{% endmacro %}
