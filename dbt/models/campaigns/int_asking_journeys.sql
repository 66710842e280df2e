{{ config(materialized='kept_whole', tags=["personal_data"]) }}
-- Journeys that caps are still asked for: what is settled stays as it was closed. Only of whom some cap counts, a key.
{% set counted = "(select list(whose) from " ~ source('catalogue', 'campaign_caps') ~ ")" %}
select
    journey_number,
    {{ slot('start_at') }} as slot,
    if(list_contains({{ counted }}, 'conducteur'), coalesce(driver_identity_key, ''), '') as driver_key,
    if(list_contains({{ counted }}, 'passager'), coalesce(passenger_identity_key, ''), '') as passenger_key,
    if(list_contains({{ counted }}, 'trajet_conducteur'), concat_ws('/', operator_id, operator_trip_id), '') as trip_key
from {{ ref('int_evaluated_journeys') }}
where
    journey_number in (
        select tariffs.journey_number
        from {{ ref('int_campaign_tariffs') }} as tariffs
        anti join {{ ref('int_settled_pairs') }} as settled
            on
                tariffs.campaign_number = settled.campaign_number
                and tariffs.journey_number = settled.journey_number
                and settled.incentive_closing is not null
        where tariffs.tariff_cents > 0
    )
