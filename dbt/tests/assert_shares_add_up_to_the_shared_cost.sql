{{ config(meta={'dagster': {'ref': {'name': 'trip_shared_costs'}}}) }}
-- The parts of all occupants are the cost of the car, but for each part's own rounding.
select trips.trip_number
from {{ ref('trip_shared_costs') }} as trips
inner join {{ ref('journey_shared_costs') }} as journeys on trips.trip_number = journeys.trip_number
group by trips.trip_number, trips.cost_cents, trips.driver_share_cents, trips.journeys
having abs(sum(journeys.passenger_share_cents) + trips.driver_share_cents - trips.cost_cents) * 2 > trips.journeys + 2
