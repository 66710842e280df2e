-- No AOM yet: the reference geography does not say which one a commune is in.
select
    row_number() over (order by year, place_code) as area_id,
    year,
    place_code,
    commune_code as commune,
    city_code as ville,
    epci_code as epci,
    cast(null as varchar) as aom,
    departement_code as departement,
    region_code as region,
    country_code as pays
from {{ source('catalogue', 'territories') }}
