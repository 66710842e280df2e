select
    month_on,
    {{ told_area("origin", "origin_") }},
    {{ told_area("destination", "destination_") }},
    count(*) as journeys,
    cast(sum(seats) as bigint) as passenger_journeys,
    cast(sum(seats * distance_m) as bigint) as passenger_m
from {{ ref('int_public_groups') }}
group by month_on, origin, destination
