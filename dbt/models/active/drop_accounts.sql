with drops as (
    select * from {{ ref('stg_drops') }}
),

delivered as (
    select
        journeys.drop_id,
        count(*) filter (where versions.drop_id is null) as duplicates,
        count(*) filter (where versions.status = 'cancelled') as cancellations,
        count(*) filter (where versions.version_number > 1 and versions.status != 'cancelled') as corrections,
        count(*) filter (where versions.version_number = 1 and versions.status != 'cancelled') as new_journeys
    from {{ ref('stg_journeys') }} as journeys
    left join {{ ref('int_journey_versions') }} as versions
        on journeys.drop_id = versions.drop_id and journeys.drop_row = versions.drop_row
    group by journeys.drop_id
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
    coalesce(delivered.duplicates, 0) as duplicates
from drops
left join delivered on drops.drop_id = delivered.drop_id
