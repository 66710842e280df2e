{# Which places were an authority's, between which days, as each year's reference has them. #}
{% macro authority_places() -%}
    select
        territories.year,
        territories.place_code,
        members.from_on,
        members.to_on,
        members.authority_id
    from {{ source('catalogue', 'territories') }} as territories
    inner join {{ source('catalogue', 'authority_epcis') }} as members on territories.epci_code = members.epci_code
    where members.authority_id is not null
{%- endmacro %}
