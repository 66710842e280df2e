{{ config(materialized='view') }}
with territories as (
    select
        year,
        place_code,
        -- A country abroad, and a commune without EPCI, stand for themselves.
        coalesce(departement_code, country_code) as departement,
        coalesce(epci_code, commune_code) as epci,
        commune_code as commune
    from {{ source('catalogue', 'territories') }}
)

select
    journeys.* exclude (is_new, territory_year, start_place_code, end_place_code),
    coalesce(start_territory.departement, 'inconnu') as origin_departement,
    coalesce(start_territory.epci, 'inconnu') as origin_epci,
    coalesce(start_territory.commune, 'inconnu') as origin_commune,
    coalesce(end_territory.departement, 'inconnu') as destination_departement,
    coalesce(end_territory.epci, 'inconnu') as destination_epci,
    coalesce(end_territory.commune, 'inconnu') as destination_commune
from {{ ref('int_public_journeys') }} as journeys
left join territories as start_territory
    on journeys.start_place_code = start_territory.place_code and journeys.territory_year = start_territory.year
left join territories as end_territory
    on journeys.end_place_code = end_territory.place_code and journeys.territory_year = end_territory.year
where journeys.is_new
