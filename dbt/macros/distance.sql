{# Straight line between two positions in metres, on a plane tangent there: one per mille off over 100 km. #}
{% macro straight_m(start_lat, start_lon, end_lat, end_lon) -%}
    111195 * sqrt(
        pow({{ end_lat }} - {{ start_lat }}, 2)
        + pow(({{ end_lon }} - {{ start_lon }}) * cos(radians({{ start_lat }})), 2)
    )
{%- endmacro %}

{# The band of kilometres that a distance is told by, in the archive and on pages. #}
{% macro distance_band_km(distance_m) -%}
    case
        when {{ distance_m }} < 5000 then '0-5'
        when {{ distance_m }} < 10000 then '5-10'
        when {{ distance_m }} < 20000 then '10-20'
        when {{ distance_m }} < 30000 then '20-30'
        when {{ distance_m }} < 50000 then '30-50'
        when {{ distance_m }} < 100000 then '50-100'
        else '100+'
    end
{%- endmacro %}
