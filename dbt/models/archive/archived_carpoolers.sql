{{ config(materialized='kept_whole') }}
{#- The parts of a breakdown: shown all together where each holds k persons, else none: no part is what is left. -#}
{%- set breakdowns = {
    "newness": {"newcomers": "is_new", "known_before": "not is_new"},
    "frequency": {
        "with_1_journey": "journeys = 1",
        "with_2_to_4_journeys": "journeys between 2 and 4",
        "with_5_to_9_journeys": "journeys between 5 and 9",
        "with_10_journeys_or_more": "journeys >= 10",
    },
} -%}
with months as (
    select
        due.month_on,
        -- Who is new cannot be told once a month before has lost its journeys.
        count(archived.month_on) = 0 as knows_newcomers
    from {{ ref('int_archive_months') }} as due
    left join {{ ref('stg_archived_months') }} as archived
        on
            archived.subject = 'journeys'
            and archived.month_on between due.month_on - to_months({{ var('newcomer_months') }}) and due.month_on
    where due.subject = 'carpoolers'
    group by due.month_on
),

journeys as (
    select
        cast(date_trunc('month', journeys.start_on) as date) as month_on,
        coalesce(territories.epci_code, journeys.start_commune_code) as epci_code,
        journeys.driver_identity_key,
        journeys.passenger_identity_key
    from {{ ref('journeys') }} as journeys
    left join {{ source('catalogue', 'territories') }} as territories
        on journeys.start_place_code = territories.place_code and journeys.territory_year = territories.year
    where
        journeys.outcome = 'valid'
        and journeys.start_on >= (select min(month_on) - to_months({{ var('newcomer_months') }}) from months)
),

-- A driver, a passenger, or a pair; both of a pair count as persons.
members as (
    {% for member, first, second in [
        ("driver", "driver", "driver"), ("passenger", "passenger", "passenger"), ("pair", "driver", "passenger")
    ] %}
        select
            month_on,
            epci_code,
            '{{ member }}' as member,
            {{ first }}_identity_key as first_key,
            {{ second }}_identity_key as second_key
        from journeys
        {{ "union all" if not loop.last }}
    {% endfor %}
),

seen as (
    select
        member,
        first_key,
        second_key,
        month_on,
        lag(month_on) over (partition by member, first_key, second_key order by month_on) as seen_before_on
    from members
    group by member, first_key, second_key, month_on
),

counted as (
    select
        members.month_on,
        members.epci_code,
        members.member,
        members.first_key,
        members.second_key,
        months.knows_newcomers,
        coalesce(seen.seen_before_on < members.month_on - to_months({{ var('newcomer_months') }}), true) as is_new,
        count(*) as journeys
    from members
    inner join months on members.month_on = months.month_on
    inner join seen
        on
            members.member = seen.member
            and members.first_key = seen.first_key
            and members.second_key = seen.second_key
            and members.month_on = seen.month_on
    group by all
),

cells as (
    select
        month_on,
        epci_code,
        member,
        count(*) as members,
        {% for name, parts in breakdowns.items() -%}
            {% for part, condition in parts.items() -%}
                count(*) filter ({{ condition }}) as {{ part }},
            {% endfor -%}
            {{ "bool_and(knows_newcomers)" if name == "newness" else "true" }}
            {% for condition in parts.values() -%}
                and {{ has_k_persons(condition) }}
            {% endfor -%} as shows_{{ name }},
        {% endfor -%}
        {{ has_k_persons("true") }} as is_shown
    from counted
    group by month_on, epci_code, member
)

select
    month_on,
    epci_code,
    member,
    {% for name, parts in breakdowns.items() -%}
        {% for part in parts -%}
            case when shows_{{ name }} then {{ part }} end as {{ part }},
        {% endfor -%}
    {% endfor -%}
    members
from cells
where is_shown
