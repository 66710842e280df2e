{% set sides, parts = ["origin", "destination"], ["departement", "epci", "commune"] %}
with months as (
    select month_on from {{ ref('public_totals') }}
    where is_new and {{ may_be_told("journeys", "car_trips", "busiest_journeys") }}
),

told_0 as materialized (
    select
        journeys.*,
        hash(journeys.month_on, journeys.journey_hash) as journey_number,
        '' as origin,
        '' as destination
    from {{ ref('int_public_ends') }} as journeys
    inner join months on journeys.month_on = months.month_on
),

{% for side in sides %}
    {% for part in parts %}
        {% set n = loop.index + 3 * sides.index(side) %}
        {{ split_told(n, side, side ~ "_" ~ part) }}{{ "," if n < 6 }}
    {% endfor %}
{% endfor %}

select
    month_on,
    {{ without_echo('origin') }} as origin,
    {{ without_echo('destination') }} as destination,
    driver_identity_key,
    passenger_identity_key,
    seats,
    distance_m,
    starts_car
from told_6
