{{ config(materialized='by_month', meta={'day': 'month_on'}) }}
-- What an authority sees by its territory and by its campaigns, counted once: two counts of nearly the same journeys
-- would tell of the few between them. A subject cuts a month's journeys into values. Small ones go into its rest, which
-- takes in the least of the others until six journeys and six persons are in it; so nothing less can be had by
-- taking values from their total. Why: D-266.
{% set k, people = var('archive_k'), "('', 'operator', 'class')" %}
with territories as (
    select * from {{ source('catalogue', 'territories') }}
),

-- A number for each person: to group by its key takes a third longer.
persons as (
    select
        identity_key,
        row_number() over () as person
    from (
        select driver_identity_key as identity_key from {{ ref('journeys') }}
        union
        select passenger_identity_key from {{ ref('journeys') }}
    )
),

journeys as (
    select
        selections.authority_id,
        cast(date_trunc('month', journeys.start_on) as date) as month_on,
        [
            { person: drivers.person, is_driver: true },
            { person: passengers.person, is_driver: false }
        ] as people,
        greatest(coalesce(journeys.seats, 1), 1) as seats,
        journeys.distance_m,
        journeys.operator_id,
        journeys.operator_class,
        {% for end in ["start", "end"] %}
            {{ place_words(end) }} as {{ end }}_place,
            {{ area_words(end) }} as {{ end }}_area,
        {% endfor %}
        timezone('Europe/Paris', journeys.start_at) as started_at
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
    left join persons as drivers on journeys.driver_identity_key = drivers.identity_key
    left join persons as passengers on journeys.passenger_identity_key = passengers.identity_key
    {% for end in ["start", "end"] %}
        left join territories as {{ end }}_territory
            on
                journeys.{{ end }}_place_code = {{ end }}_territory.place_code
                and journeys.territory_year = {{ end }}_territory.year
        {{ join_locality("journeys", end) }}
    {% endfor %}
),

{# Of flows between communes, then of all subjects: what is small of those flows is told between their EPCIs. #}
{% for step in ["fine", "counted"] %}
    {% if step == "fine" %}
        fine_told as (
            select
                *,
                'flow' as subject,
                concat(start_place, ' → ', end_place) as value
            from journeys
        ),
    {% else %}
        counted_told as (
            select
                authority_id,
                month_on,
                people,
                seats,
                distance_m,
                unnest([
                    { subject: '', value: '' },
                    { subject: 'operator', value: operator_id },
                    { subject: 'class', value: operator_class },
                    { subject: 'hour', value: strftime(started_at, '%H') },
                    { subject: 'weekday', value: cast(isodow(started_at) as varchar) },
                    { subject: 'distance', value: {{ distance_band_km('distance_m') }} },
                    {
                        subject: 'flow',
                        value: if(least(journeys, persons) >= {{ k }}, value, concat(start_area, ' → ', end_area))
                    }
                ], recursive := true)
            from fine_told
            left join fine using (authority_id, month_on, subject, value)
        ),
    {% endif %}

    {{ step }}_sums as (
        select
            authority_id,
            month_on,
            subject,
            value,
            row_number() over () as value_number,
            count(*) as journeys,
            cast(sum(seats) as bigint) as passenger_journeys,
            cast(sum(distance_m * seats) as bigint) as passenger_m
        from {{ step }}_told
        group by all
    ),

    -- Persons first, and each value by its number: to count the distinct ones of each by name takes twice as long.
    {{ step }}_persons as (
        select
            value_number,
            person,
            bool_or(is_driver) as is_driver,
            bool_or(not is_driver) as is_passenger
        from (
            select
                sums.value_number,
                unnest(told.people, recursive := true)
            from {{ step }}_told as told
            inner join {{ step }}_sums as sums using (authority_id, month_on, subject, value)
        )
        group by all
    ),

    {{ step }} as (
        select
            sums.*,
            counts.* exclude (value_number)
        from {{ step }}_sums as sums
        inner join (
            select
                value_number,
                count(*) filter (where is_driver) as drivers,
                count(*) filter (where is_passenger) as passengers,
                count(*) as persons
            from {{ step }}_persons
            group by value_number
        ) as counts using (value_number)
    ),
{% endfor %}

ranked as (
    select
        *,
        least(journeys, persons) >= {{ k }} as is_large,
        count(*) over before_it as values_before,
        count(*) filter (where least(journeys, persons) < {{ k }}) over subjects as too_small,
        coalesce(least(sum(journeys) over before_it, max(persons) over before_it), 0) as behind_them
    from counted
    window subjects as (partition by authority_id, month_on, subject), before_it as (
        partition by authority_id, month_on, subject
        order by least(journeys, persons) >= {{ k }}, journeys, value rows between unbounded preceding and 1 preceding
    )
),

judged as (
    select
        *,
        is_large and (too_small = 0 or (values_before > 1 and behind_them >= {{ k }})) as is_told,
        bool_or(subject = '' and is_large) over (partition by authority_id, month_on) as is_month_told
    from ranked
),

-- Persons do not add up, but nearly: where one of a subject has few, none of it tells them.
peopled as (
    select
        *,
        subject in {{ people }} and bool_and(is_told and drivers >= {{ k }}) over subjects as has_drivers,
        subject in {{ people }} and bool_and(is_told and passengers >= {{ k }}) over subjects as has_passengers
    from judged
    where is_month_told
    window subjects as (partition by authority_id, month_on, subject)
)

select
    authority_id,
    month_on,
    subject,
    if(is_told, value, null) as value,
    cast(sum(passenger_journeys) as bigint) as passenger_journeys,
    cast(sum(passenger_m) as bigint) as passenger_m,
    any_value(if(has_drivers, drivers, null)) as drivers,
    any_value(if(has_passengers, passengers, null)) as passengers
from peopled
group by authority_id, month_on, subject, if(is_told, value, null)
