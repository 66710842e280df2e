-- A code means the places that it meant in its own year, whatever bears it later. Not an authority's: that one says
-- itself from when to when an EPCI is its member.
with selectors as (
    select
        selectors.*,
        least(greatest(selectors.code_year, years.first_year), years.last_year) as year
    from {{ source('catalogue', 'campaign_selectors') }} as selectors
    cross join (
        select
            min(year) as first_year,
            max(year) as last_year
        from {{ source('catalogue', 'territories') }}
    ) as years
),

territories as (
    select
        year,
        place_code,
        commune_code as commune,
        city_code as ville,
        epci_code as epci,
        departement_code as departement,
        region_code as region,
        country_code as pays
    from {{ source('catalogue', 'territories') }}
    where year in (select year from selectors)
),

meanings as (
    unpivot territories
    on commune, ville, epci, departement, region, pays
    into name level value code
),

areas as (
    select * from {{ ref('int_evaluated_areas') }}
),

-- An end that a simulation knows by its codes alone has those of the journey's day.
codes as (
    unpivot areas
    on {{ levels() | join(', ') }}
    into name level value code
),

selected as (
    select
        selectors.campaign_number,
        areas.area_id,
        selectors.selector_mask
    from selectors
    inner join meanings
        on selectors.level = meanings.level and selectors.code = meanings.code and selectors.year = meanings.year
    inner join areas on meanings.place_code = areas.place_code
    union all
    select
        selectors.campaign_number,
        codes.area_id,
        selectors.selector_mask
    from selectors
    inner join codes
        on
            selectors.level = codes.level
            and selectors.code = codes.code
            and (codes.place_code is null or codes.level = 'aom')
)

select
    campaign_number,
    area_id,
    cast(bit_or(selector_mask) as bigint) as selector_mask
from selected
group by campaign_number, area_id
