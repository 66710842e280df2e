{{ config(materialized='kept_whole', meta={'day': 'touched_on'}) }}
-- A journey's versions may start in several months: what each of these (`touched_on`) needs to know of the others.
with ids as (
    select id_hash
    from {{ ref('int_deliveries') }}
    group by id_hash
    having min(date_trunc('month', start_on)) != max(date_trunc('month', start_on))
),

crossing as (
    select *
    from {{ ref('int_deliveries') }}
    where id_hash in (select id_hash from ids)
),

touched as (
    select distinct
        operator_id,
        operator_journey_id,
        cast(date_trunc('month', start_on) as date) as touched_on
    from crossing
)

select
    crossing.*,
    touched.touched_on
from ({{ with_cancellations('crossing') }}) as crossing
inner join touched using (operator_id, operator_journey_id)
where touched.touched_on != date_trunc('month', crossing.start_on)
