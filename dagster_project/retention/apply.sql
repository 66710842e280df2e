-- name: erased_rows
-- How many accepted rows of each drop will be gone, of those that lose some now and of those that lost some before.
with touched as (
    select distinct drop_id from gone
),

taken as (
    select
        drop_id,
        drop_row
    from held_journeys
    union all
    select
        drop_id,
        drop_row
    from held_cancellations
),

kept as (
    select
        taken.drop_id,
        count(*) as rows
    from taken
    semi join touched on taken.drop_id = touched.drop_id
    anti join gone on taken.drop_id = gone.drop_id and taken.drop_row = gone.drop_row
    group by taken.drop_id
)

select
    register.drop_id,
    register.accepted_rows - coalesce(kept.rows, 0) as erased_rows
from register
semi join touched on register.drop_id = touched.drop_id
left join kept on register.drop_id = kept.drop_id
union all
select
    drop_id,
    max(erased_rows) as erased_rows
from known
anti join touched using (drop_id)
group by drop_id
order by drop_id;
