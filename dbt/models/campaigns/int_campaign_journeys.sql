with candidates as (
    select
        campaigns.campaign_id,
        campaigns.perimeter_id,
        journeys.operator_id,
        journeys.operator_journey_id,
        journeys.operator_trip_id,
        journeys.start_at,
        journeys.territory_year,
        journeys.start_place_code,
        journeys.end_place_code,
        journeys.operator_class,
        journeys.distance_m,
        journeys.seats
    from {{ ref('journeys') }} as journeys
    inner join {{ source('catalogue', 'campaigns') }} as campaigns
        on journeys.start_at between campaigns.start_at and campaigns.end_at
    where journeys.outcome = 'valid'
),

within_perimeter as (
    select candidates.* exclude (perimeter_id)
    from candidates
    left join {{ ref('int_selector_places') }} as origins
        on
            candidates.campaign_id = origins.campaign_id
            and candidates.perimeter_id = origins.selector_id
            and candidates.territory_year = origins.year
            and candidates.start_place_code = origins.place_code
    left join {{ ref('int_selector_places') }} as destinations
        on
            candidates.campaign_id = destinations.campaign_id
            and candidates.perimeter_id = destinations.selector_id
            and candidates.territory_year = destinations.year
            and candidates.end_place_code = destinations.place_code
    where
        candidates.perimeter_id is null
        or origins.place_code is not null
        or destinations.place_code is not null
)

select * from within_perimeter
