{{ config(tags=["personal_data"]) }}
-- Numbers in place of keys: caps sort by them, and keys stay in the active zone. Only of whom some cap counts.
{% for whose, whose_key in [
    ('conducteur', "coalesce(driver_identity_key, '')"),
    ('passager', "coalesce(passenger_identity_key, '')"),
    ('trajet_conducteur', "concat_ws('/', operator_id, operator_trip_id)"),
] %}
    select
        '{{ whose }}' as whose,
        {{ whose_key }} as whose_key,
        min(journey_number) as owner
    from {{ ref('int_evaluated_journeys') }}
    where '{{ whose }}' in (select whose from {{ source('catalogue', 'campaign_caps') }})
    group by whose_key
    union all
{% endfor %}
select
    'campagne',
    '',
    0
