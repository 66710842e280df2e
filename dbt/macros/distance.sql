{# Straight line between two positions in metres, on a plane tangent there: one per mille off over 100 km. #}
{% macro straight_m(start_lat, start_lon, end_lat, end_lon) -%}
    111195 * sqrt(
        pow({{ end_lat }} - {{ start_lat }}, 2)
        + pow(({{ end_lon }} - {{ start_lon }}) * cos(radians({{ start_lat }})), 2)
    )
{%- endmacro %}
