{# Floor of an instant to the quarter of an hour (JURIDIQUE étape 5.3, CONVENTION annexe 3). #}
{% macro quarter_hour(instant) -%}
    time_bucket(interval 15 minutes, {{ instant }})
{%- endmacro %}

{#
    A coordinate truncated toward zero: 3 decimals where density is above 40 inhabitants per km²,
    2 elsewhere and abroad (JURIDIQUE étape 5.2). Exact decimals: 46.204 must not become 46.203.
#}
{% macro truncated(degrees, territory) -%}
    cast(
        case
            when {{ territory }}.population > 40 * {{ territory }}.area_km2
                then trunc(cast({{ degrees }} as decimal(12, 7)) * 1000) / 1000
            else trunc(cast({{ degrees }} as decimal(12, 7)) * 100) / 100
        end as double
    )
{%- endmacro %}
{#
    The locality abroad of an end, `<end>_locality`: of the cell of 0.01 degree that authorities are shown, so that the
    name tells no more than the coordinates; none in France, far from it, or where the end is not known.
#}
{% macro join_locality(journeys, end) -%}
    {%- set cell = 'cast(trunc(cast(' ~ journeys ~ '.' ~ end ~ '_%s as decimal(12, 7)) * 100) as smallint)' %}
left join {{ source('catalogue', 'localities') }} as {{ end }}_locality
    on
        {{ end }}_territory.country_code = {{ end }}_locality.country_code
        and {{ cell % 'lat' }} = {{ end }}_locality.lat_cell
        and {{ cell % 'lon' }} = {{ end }}_locality.lon_cell
{%- endmacro %}

{# An end as authorities read it, its code first: a commune, a locality abroad (join_locality), else a country. #}
{% macro place_words(end) -%}
    concat_ws(
        ' ',
        coalesce({{ end }}_territory.commune_code, {{ end }}_territory.country_code),
        coalesce(
            {{ end }}_locality.locality_name,
            {{ end }}_territory.commune_name,
            {{ end }}_territory.country_name,
            'lieu inconnu'
        )
    )
{%- endmacro %}
{# The same, wider: its EPCI; a commune without EPCI and a country abroad stand for themselves. #}
{% macro area_words(end) -%}
    coalesce(
        {{ end }}_territory.epci_code || ' ' || {{ end }}_territory.epci_name,
        concat_ws(
            ' ',
            coalesce({{ end }}_territory.commune_code, {{ end }}_territory.country_code),
            coalesce({{ end }}_territory.commune_name, {{ end }}_territory.country_name, 'lieu inconnu')
        )
    )
{%- endmacro %}

{# Labels that look at the journeys and accounts of one operator alone. #}
{% macro own_labels() -%}
    ('fraud_overlap', 'fraud_speed', 'fraud_ids_per_phone', 'fraud_phones_per_id')
{%- endmacro %}

{# The code that a label is shown under outside the registry: where else somebody travels, it does not say. #}
{% macro shown_label() -%}
    if(is_across_operators, 'fraud_contradiction', rule_code)
{%- endmacro %}
