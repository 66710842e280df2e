{{ config(materialized='by_month', meta={'day': 'month_on'}, tags=['no_personal_data']) }}
-- What an authority sees by its territory and by its campaigns, once: two counts of nearly the same journeys would tell
-- of the few between them. Six journeys of six persons stand behind each row, and no row can be had
-- by taking the others from their total: the rest of a subject, a row without a value, takes in small ones until it has
-- six journeys of two of them. Why: D-261.
with territories as (
    select * from {{ source('catalogue', 'territories') }}
),

members as (
    select * from {{ source('catalogue', 'authority_epcis') }}
),

journeys as (
    select
        selections.authority_id,
        cast(date_trunc('month', journeys.start_on) as date) as month_on,
        [
            {'person': journeys.driver_identity_key, 'is_driver': true},
            {'person': journeys.passenger_identity_key, 'is_driver': false}
        ] as people,
        greatest(coalesce(journeys.seats, 1), 1) as seats,
        journeys.distance_m,
        journeys.operator_id,
        journeys.operator_class,
        timezone('Europe/Paris', journeys.start_at) as started_at,
        {{ distance_band_km('journeys.distance_m') }} as distance_band_km,
        {% for end in ["start", "end"] %}
            {% set place, locality = end ~ "_territory", end ~ "_locality" %}
            concat_ws(
                ' ',
                coalesce({{ place }}.commune_code, {{ place }}.country_code),
                coalesce({{ locality }}.locality_name, {{ place }}.commune_name, {{ place }}.country_name, 'lieu inconnu')
            ) as {{ end }}_place,
            coalesce(
                {{ place }}.epci_code || ' ' || {{ place }}.epci_name,
                concat_ws(
                    ' ',
                    coalesce({{ place }}.commune_code, {{ place }}.country_code),
                    coalesce({{ place }}.commune_name, {{ place }}.country_name, 'lieu inconnu')
                )
            ) as {{ end }}_area,
            {{ end }}_member.authority_id is not null as {{ end }}s_inside,
        {% endfor %}
    from (
        select distinct
            authority_id,
            operator_id,
            operator_journey_id
        from {{ ref('int_authority_selections') }}
    ) as selections
    inner join {{ ref('journeys') }} as journeys
        on
            selections.operator_id = journeys.operator_id
            and selections.operator_journey_id = journeys.operator_journey_id
    {% for end in ["start", "end"] %}
        left join territories as {{ end }}_territory
            on
                journeys.{{ end }}_place_code = {{ end }}_territory.place_code
                and journeys.territory_year = {{ end }}_territory.year
        {{ join_locality("journeys", end) }}
        left join members as {{ end }}_member
            on
                {{ end }}_territory.epci_code = {{ end }}_member.epci_code
                and selections.authority_id = {{ end }}_member.authority_id
                and journeys.start_on between {{ end }}_member.from_on and {{ end }}_member.to_on
    {% endfor %}
),

told as (
    select
        authority_id,
        month_on,
        people,
        seats,
        distance_m,
        unnest([
            {'subject': 'total', 'value': '', 'wide': null},
            {'subject': 'operator', 'value': operator_id, 'wide': null},
            {'subject': 'class', 'value': operator_class, 'wide': null},
            {'subject': 'hour', 'value': strftime(started_at, '%H'), 'wide': null},
            {'subject': 'weekday', 'value': cast(isodow(started_at) as varchar), 'wide': null},
            {'subject': 'distance', 'value': distance_band_km, 'wide': null},
            {
                'subject': 'direction',
                'value': concat(if(starts_inside, 'inside', 'outside'), ' → ', if(ends_inside, 'inside', 'outside')),
                'wide': null
            },
            {
                'subject': 'flow',
                'value': concat(start_place, ' → ', end_place),
                'wide': concat(start_area, ' → ', end_area)
            }
        ], recursive := true)
    from journeys
),

{# The same of flows between communes, then of what is left of them between their EPCIs. #}
{% for step in ["fine", "counted"] %}
    {{ step }} as (
        select
            authority_id,
                month_on,
            subject,
            value,
            count(*) filter (where is_driver) as journeys,
            cast(sum(seats) filter (where is_driver) as bigint) as passenger_journeys,
            cast(sum(distance_m * seats) filter (where is_driver) as bigint) as passenger_m,
            count(distinct person) filter (where is_driver) as drivers,
            count(distinct person) filter (where not is_driver) as passengers,
            journeys >= {{ var('archive_k') }} and count(distinct person) >= {{ var('archive_k') }} as is_large
        from (
            select
                * exclude (people),
                unnest(people, recursive := true)
            from {{ "told where subject = 'flow'" if step == "fine" else "labelled" }}
        )
        group by all
    ),

    {% if step == "fine" %}
        labelled as (
            select told.* replace (if(fine.is_large or told.wide is null, told.value, told.wide) as value)
            from told
            left join fine using (authority_id, month_on, subject, value)
        ),
    {% endif %}
{% endfor %}

ranked as (
    select
        *,
        coalesce(sum(journeys) over before_it, 0) as journeys_before,
        count(*) over before_it as values_before
    from counted
    window before_it as (
        partition by authority_id, month_on, subject
        order by is_large, journeys, value rows between unbounded preceding and 1 preceding
    )
)

select
    authority_id,
    month_on,
    subject,
    if(is_told, value, null) as value,
    cast(sum(journeys) as bigint) as journeys,
    cast(sum(passenger_journeys) as bigint) as passenger_journeys,
    cast(sum(passenger_m) as bigint) as passenger_m,
    any_value(if(is_told and drivers >= {{ var('archive_k') }}, drivers, null)) as drivers,
    any_value(if(is_told and passengers >= {{ var('archive_k') }}, passengers, null)) as passengers
from (
    select
        *,
        is_large
        and (values_before = 0 or (values_before > 1 and journeys_before >= {{ var('archive_k') }})) as is_told
    from ranked
)
group by authority_id, month_on, subject, if(is_told, value, null)
having sum(journeys) >= {{ var('archive_k') }}
