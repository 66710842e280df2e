-- An authority is the EPCIs it lists (data/authorities); as a territory, its code is its SIREN.
select
    row_number() over (order by territories.year, territories.place_code) as area_id,
    territories.year,
    territories.place_code,
    territories.commune_code as commune,
    territories.city_code as ville,
    territories.epci_code as epci,
    authorities.siren as aom,
    territories.departement_code as departement,
    territories.region_code as region,
    territories.country_code as pays
from {{ source('catalogue', 'territories') }} as territories
left join {{ source('catalogue', 'authority_epcis') }} as members on territories.epci_code = members.epci_code
left join {{ source('catalogue', 'authorities') }} as authorities on members.authority_id = authorities.authority_id
