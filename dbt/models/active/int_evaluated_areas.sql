-- An authority is the EPCIs it lists (data/authorities), while it does; as a territory, its code is its SIREN.
select
    -- The same for the same, without a sort of all communes; a test holds that no two share it.
    cast(hash(territories.year, territories.place_code, members.from_on) >> 1 as bigint) as area_id,
    territories.year,
    territories.place_code,
    coalesce(members.from_on, date '0001-01-01') as from_on,
    coalesce(members.to_on, date '9999-12-31') as to_on,
    territories.commune_code as commune,
    territories.city_code as ville,
    territories.epci_code as epci,
    members.siren as aom,
    territories.departement_code as departement,
    territories.region_code as region,
    territories.country_code as pays
from {{ source('catalogue', 'territories') }} as territories
left join {{ source('catalogue', 'authority_epcis') }} as members on territories.epci_code = members.epci_code
