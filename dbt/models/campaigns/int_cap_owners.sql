{{ config(materialized='kept_whole', tags=["personal_data"]) }}
-- Numbers in place of keys: caps sort by them, and keys stay in the active zone. Only of whom some cap counts.
{% for whose, whose_key in [
    ('conducteur', 'driver_key'), ('passager', 'passenger_key'), ('trajet_conducteur', 'trip_key'),
] %}
    select
        '{{ whose }}' as whose,
        {{ whose_key }} as whose_key,
        min(journey_number) as owner
    from {{ ref('int_asking_journeys') }}
    where '{{ whose }}' in (select whose from {{ source('catalogue', 'campaign_caps') }})
    group by whose_key
    union all
{% endfor %}
select
    'campagne',
    '',
    0
