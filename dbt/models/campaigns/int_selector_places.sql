with codes as (
    unpivot (
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
    )
    on commune, ville, epci, departement, region, pays
    into name level value code
),

selected as (
    select distinct
        selectors.campaign_id,
        selectors.selector_id,
        codes.year,
        codes.place_code
    from codes
    inner join {{ source('catalogue', 'campaign_selectors') }} as selectors
        on codes.level = selectors.level and codes.code = selectors.code
)

select * from selected
