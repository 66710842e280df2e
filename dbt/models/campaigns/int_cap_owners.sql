{{ config(tags=["personal_data"]) }}
-- Numbers in place of keys: caps sort by them, and keys stay in the active zone.
with keys as (
    select
        journey_number,
        unnest([
            { whose: 'conducteur', whose_key: coalesce(driver_identity_key, '') },
            { whose: 'passager', whose_key: coalesce(passenger_identity_key, '') },
            { whose: 'trajet_conducteur', whose_key: concat_ws('/', operator_id, operator_trip_id) }
        ], recursive := true)
    from {{ ref('int_evaluated_journeys') }}
)

select
    whose,
    whose_key,
    min(journey_number) as owner
from keys
group by whose, whose_key
union all
select
    'campagne',
    '',
    0
