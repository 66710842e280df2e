-- One pass per step over what is left. A group of journeys alike takes from each person, driver or passenger, as many
-- journeys as leave that person at most one k-th of it; what it cannot take goes on to the next step. Why: D-151.
with left_0 as materialized (
    select * from {{ ref('int_archive_journeys') }}
),

{% for step in archive_ladder() %}
    {% set n = loop.index %}
    alike_{{ n }} as materialized (
        select
            journey_number,
            driver_identity_key,
            passenger_identity_key,
            hash({{ archived_key(step) }}) as group_hash
        from left_{{ n - 1 }}
    ),

    -- A person's journeys in the group, in an order that says nothing of them; a journey has two persons.
    turns_{{ n }} as (
        select
            journey_number,
            group_hash,
            max(turn) as turn
        from (
            select
                journey_number,
                group_hash,
                row_number() over (
                    partition by group_hash, person order by hash(journey_number), journey_number
                ) as turn
            from (
                select
                    journey_number,
                    group_hash,
                    unnest([driver_identity_key, passenger_identity_key]) as person
                from alike_{{ n }}
            )
        )
        group by journey_number, group_hash
    ),

    counted_{{ n }} as materialized (
        select
            *,
            count(*) over (partition by group_hash order by turn) as journeys_up_to_turn
        from turns_{{ n }}
    ),

    placed_{{ n }} as materialized (
        select counted.journey_number
        from counted_{{ n }} as counted
        inner join (
            select
                group_hash,
                max(turn) as last_turn
            from counted_{{ n }}
            where journeys_up_to_turn >= {{ var('archive_k') }} * turn
            group by group_hash
        ) as large on counted.group_hash = large.group_hash and counted.turn <= large.last_turn
    ),

    left_{{ n }} as materialized (
        select * from left_{{ n - 1 }} anti join placed_{{ n }} using (journey_number)
    ),
{% endfor %}

placed as (
    {% for step in archive_ladder() %}
        select
            journey_number,
            cast({{ loop.index }} as bigint) as step
        from placed_{{ loop.index }}
        union all
    {% endfor %}
    select
        journey_number,
        cast(null as bigint) as step
    from left_{{ archive_ladder() | length }}
)

select * from placed
