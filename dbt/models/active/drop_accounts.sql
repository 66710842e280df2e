with drops as (
    select * from {{ ref('stg_drops') }}
),

became as (
    select *
    from {{ ref('int_drop_months') }}
    union all by name
    select
        drop_id,
        'unknown' as became,
        count(*) as rows
    from {{ ref('int_cancellations') }}
    where kind = 'unknown'
    group by drop_id
),

delivered as (
    select
        drop_id,
        coalesce(sum(rows) filter (where became = 'new'), 0) as new_journeys,
        coalesce(sum(rows) filter (where became = 'correction'), 0) as corrections,
        coalesce(sum(rows) filter (where became = 'cancellation'), 0) as cancellations,
        coalesce(sum(rows) filter (where became = 'duplicate'), 0) as duplicates,
        coalesce(sum(rows) filter (where became = 'stray'), 0) as strays,
        coalesce(sum(rows) filter (where became = 'unknown'), 0) as unknown_cancellations
    from became
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
    cast(coalesce(delivered.new_journeys, 0) as bigint) as new_journeys,
    cast(coalesce(delivered.corrections, 0) as bigint) as corrections,
    cast(coalesce(delivered.cancellations, 0) as bigint) as cancellations,
    cast(coalesce(delivered.duplicates, 0) as bigint) as duplicates,
    cast(coalesce(delivered.strays, 0) as bigint) as strays,
    cast(coalesce(delivered.unknown_cancellations, 0) as bigint) as unknown_cancellations
from drops
left join delivered on drops.drop_id = delivered.drop_id
