with drops as (
    select * from {{ ref('stg_drops') }}
),

journeys as (
    select
        journeys.drop_id,
        case
            when versions.drop_id is null then 'duplicate'
            when versions.is_stray then 'stray'
            when versions.version_number > 1 then 'correction'
            else 'new'
        end as became
    from {{ ref('stg_journeys') }} as journeys
    left join {{ ref('int_journey_versions') }} as versions
        on journeys.drop_id = versions.drop_id and journeys.drop_row = versions.drop_row
),

cancellations as (
    select
        cancellations.drop_id,
        case
            when cancellations.kind = 'unknown' then 'unknown'
            when cancellations.kind = 'after' and versions.drop_id is null then 'duplicate'
            else 'cancellation'
        end as became
    from {{ ref('int_cancellations') }} as cancellations
    left join {{ ref('int_journey_versions') }} as versions
        on cancellations.drop_id = versions.drop_id and cancellations.drop_row = versions.drop_row
),

delivered as (
    select
        drop_id,
        count(*) filter (where became = 'new') as new_journeys,
        count(*) filter (where became = 'correction') as corrections,
        count(*) filter (where became = 'cancellation') as cancellations,
        count(*) filter (where became = 'duplicate') as duplicates,
        count(*) filter (where became = 'stray') as strays,
        count(*) filter (where became = 'unknown') as unknown_cancellations
    from (
        from journeys
        union all
        from cancellations
    )
    group by drop_id
)

select
    drops.drop_id,
    drops.operator_id,
    drops.file_name,
    drops.sha256,
    drops.business_date,
    drops.refused_code,
    drops.rows,
    drops.rejected_rows,
    coalesce(delivered.new_journeys, 0) as new_journeys,
    coalesce(delivered.corrections, 0) as corrections,
    coalesce(delivered.cancellations, 0) as cancellations,
    coalesce(delivered.duplicates, 0) as duplicates,
    coalesce(delivered.strays, 0) as strays,
    coalesce(delivered.unknown_cancellations, 0) as unknown_cancellations
from drops
left join delivered on drops.drop_id = delivered.drop_id
