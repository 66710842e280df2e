{{ config(materialized='kept_whole') }}
-- Whose counters a journey asks, by their numbers.
select
    asking.journey_number,
    asking.slot,
    drivers.owner as driver_number,
    passengers.owner as passenger_number,
    trips.owner as trip_number
from {{ ref('int_asking_journeys') }} as asking
left join {{ ref('int_cap_owners') }} as drivers
    on asking.driver_key = drivers.whose_key and drivers.whose = 'conducteur'
left join {{ ref('int_cap_owners') }} as passengers
    on asking.passenger_key = passengers.whose_key and passengers.whose = 'passager'
left join {{ ref('int_cap_owners') }} as trips
    on asking.trip_key = trips.whose_key and trips.whose = 'trajet_conducteur'
