{{ config(materialized='by_month', meta={'day': 'start_on'}) }}
with territories as (
    select * from {{ source('catalogue', 'territories') }}
),

known_years as (
    select
        min(year) as first_year,
        max(year) as last_year
    from territories
),

journeys as (
    select
        versions.*,
        least(
            greatest(year(timezone('Europe/Paris', versions.start_at)), known_years.first_year), known_years.last_year
        ) as territory_year
    from {{ ref('int_journey_versions') }} as versions
    cross join known_years
    anti join {{ ref('stg_restricted_journeys') }} as restricted
        on
            versions.operator_id = restricted.operator_id
            and versions.operator_journey_id = restricted.operator_journey_id
    where versions.is_current
),

placed as (
    select
        journeys.*,
        start_place.commune_code as start_commune_code,
        start_place.country_code as start_country_code,
        end_place.commune_code as end_commune_code,
        end_place.country_code as end_country_code
    from journeys
    left join territories as start_place
        on journeys.start_place_code = start_place.place_code and journeys.territory_year = start_place.year
    left join territories as end_place
        on journeys.end_place_code = end_place.place_code and journeys.territory_year = end_place.year
)

select * from placed
