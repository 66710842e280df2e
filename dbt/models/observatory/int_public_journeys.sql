with months as (
    select month_on from {{ ref('int_public_months') }}
),

territories as (
    select
        year,
        place_code,
        -- A country abroad, and a commune without EPCI, stand for themselves.
        coalesce(departement_code, country_code) as departement,
        coalesce(epci_code, commune_code) as epci,
        commune_code as commune
    from {{ source('catalogue', 'territories') }}
),

-- A car counts where and when its first journey starts, once (as in half_yearly_indicators).
cars as (
    select
        operator_id,
        operator_journey_id
    from {{ ref('int_shared_journeys') }}
    where journey_number = trip_number and trip_month_on in (select month_on from months)
)

select
    months.month_on,
    row_number() over (
        partition by months.month_on
        order by journeys.operator_id, journeys.operator_journey_id
    ) as month_number,
    journeys.driver_identity_key,
    journeys.passenger_identity_key,
    greatest(coalesce(journeys.seats, 1), 1) as seats,
    journeys.distance_m,
    cars.operator_id is not null as starts_car,
    coalesce(start_territory.departement, 'inconnu') as origin_departement,
    coalesce(start_territory.epci, 'inconnu') as origin_epci,
    coalesce(start_territory.commune, 'inconnu') as origin_commune,
    coalesce(end_territory.departement, 'inconnu') as destination_departement,
    coalesce(end_territory.epci, 'inconnu') as destination_epci,
    coalesce(end_territory.commune, 'inconnu') as destination_commune
from {{ ref('journeys') }} as journeys
inner join months on months.month_on = cast(date_trunc('month', journeys.start_on) as date)
left join cars
    on journeys.operator_id = cars.operator_id and journeys.operator_journey_id = cars.operator_journey_id
left join territories as start_territory
    on journeys.start_place_code = start_territory.place_code and journeys.territory_year = start_territory.year
left join territories as end_territory
    on journeys.end_place_code = end_territory.place_code and journeys.territory_year = end_territory.year
where journeys.outcome = 'valid'
