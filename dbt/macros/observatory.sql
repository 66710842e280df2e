-- noqa: disable=LT02
{#
    What the public is told, as groups of a month's journeys: each journey is in one group, and every published number is
    a sum over whole groups. So no sum or difference of published numbers says less than a group. Why: D-281.
    A path names where a group starts or ends: '74/200011773/74012'; '74/200011773/*' is the rest of that EPCI; '' all.
#}

{# A group that may be told: k journeys, k cars, and nobody, as driver or passenger, in more than a k-th of it. #}
{% macro may_be_told(journeys, cars, most) -%}
    least({{ journeys }}, {{ cars }}, {{ journeys }} // {{ most }}) >= {{ var('archive_k') }}
{%- endmacro %}

{#
    Each group of `told_<n - 1>` in its parts. Where one may not be told, it goes into the group's rest, with the least of
    the others until the rest may be told: so a group stays the exact sum of its parts and its rest.
#}
{% macro split_told(n, side, part) -%}
parts_{{ n }} as materialized (
    select
        journey_number,
        driver_identity_key,
        passenger_identity_key,
        starts_car,
        hash(month_on, origin, destination) as whole,
        if(ends_with({{ side }}, '*'), '', {{ part }}) as part
    from told_{{ n - 1 }}
),

persons_{{ n }} as materialized (
    select
        whole,
        part,
        person,
        count(*) as own
    from (
        select
            whole,
            part,
            unnest([driver_identity_key, passenger_identity_key]) as person
        from parts_{{ n }}
    )
    group by all
),

sizes_{{ n }} as (
    select
        whole,
        part,
        count(*) as journeys,
        count(*) filter (where starts_car) as cars
    from parts_{{ n }}
    group by all
),

ranked_{{ n }} as materialized (
    select
        sizes.whole,
        sizes.part,
        sizes.journeys,
        sizes.cars,
        {{ may_be_told("sizes.journeys", "sizes.cars", "held.most") }} as is_alone,
        row_number() over (partition by sizes.whole order by is_alone, sizes.journeys, sizes.part) as place,
        count(*) filter (where not is_alone) over (partition by sizes.whole) as too_small
    from sizes_{{ n }} as sizes
    inner join (
        select
            whole,
            part,
            max(own) as most
        from persons_{{ n }}
        group by all
    ) as held on sizes.whole = held.whole and sizes.part = held.part
),

-- A person's journeys in the parts up to a place; the most of anybody is found where somebody's grew.
held_{{ n }} as (
    select
        whole,
        place,
        max(own) as most
    from (
        select
            ranked.whole,
            ranked.place,
            sum(persons.own) over (partition by ranked.whole, persons.person order by ranked.place) as own
        from persons_{{ n }} as persons
        inner join ranked_{{ n }} as ranked on persons.whole = ranked.whole and persons.part = ranked.part
        where ranked.too_small > 0
    )
    group by all
),

rests_{{ n }} as (
    select
        ranked.whole,
        ranked.place,
        ranked.too_small,
        sum(ranked.journeys) over upto as journeys,
        sum(ranked.cars) over upto as cars,
        max(held.most) over upto as most
    from ranked_{{ n }} as ranked
    inner join held_{{ n }} as held on ranked.whole = held.whole and ranked.place = held.place
    window upto as (partition by ranked.whole order by ranked.place)
),

rest_{{ n }} as (
    select
        whole,
        min(place) as place
    from rests_{{ n }}
    where place >= too_small and {{ may_be_told("journeys", "cars", "most") }}
    group by whole
),

told_{{ n }} as materialized (
    select
        told.* replace (
            concat_ws('/', nullif(told.{{ side }}, ''), case
                when ranked.place <= rest.place then '*'
                else nullif(parts.part, '')
            end) as {{ side }}
        )
    from told_{{ n - 1 }} as told
    inner join parts_{{ n }} as parts on told.journey_number = parts.journey_number
    inner join ranked_{{ n }} as ranked on parts.whole = ranked.whole and parts.part = ranked.part
    left join rest_{{ n }} as rest on parts.whole = rest.whole
)
{%- endmacro %}

{# A path as the public reads it: the kind of territory, the codes of all that it lies in, and whether it is a rest. #}
{% macro told_area(path, prefix="") -%}
    {%- set steps = "string_split(nullif(rtrim(" ~ path ~ ", '/*'), ''), '/')" -%}
    case
        when rtrim({{ path }}, '/*') = '' then 'ensemble'
        when {{ path }} like '99%' then 'pays'
        else ['departement', 'epci', 'commune'][len({{ steps }})]
    end as {{ prefix }}level,
    {{ steps }}[1] as {{ prefix }}departement_code,
    {{ steps }}[2] as {{ prefix }}epci_code,
    {{ steps }}[3] as {{ prefix }}commune_code,
    ends_with({{ path }}, '*') as {{ prefix }}is_rest
{%- endmacro %}

{# A path, where a country abroad has no other parts than itself. #}
{% macro without_echo(path) -%}
    if(split_part({{ path }}, '/', 1) = split_part({{ path }}, '/', 2), split_part({{ path }}, '/', 1), {{ path }})
{%- endmacro %}
