-- Twenty journeys of one commuter are alike, too: k journeys are not k persons. Nor may fewer persons be left in a
-- group once an authority takes out the rows it knows.
with alike as (
    select
        journeys.journey_number,
        journeys.driver_identity_key,
        journeys.passenger_identity_key,
        hash(
            {% for column in archived_columns(archive_ladder()[0]) %}
                archived.{{ column }},
            {% endfor %}
            archived.step, archived.month_on, journeys.seen_by
        ) as group_hash
    from {{ ref('int_archive_generalised') }} as archived
    inner join {{ ref('int_archive_journeys') }} as journeys on archived.journey_number = journeys.journey_number
),

held as (
    select
        group_hash,
        person,
        count(*) as journeys
    from (
        select
            group_hash,
            unnest([driver_identity_key, passenger_identity_key]) as person
        from alike
    )
    group by group_hash, person
),

sizes as (
    select
        group_hash,
        count(*) as journeys
    from alike
    group by group_hash
)

select held.journeys
from held
inner join sizes on held.group_hash = sizes.group_hash
where held.journeys * {{ var('archive_k') }} > sizes.journeys
