{# Decimals, whose sum no order of rows changes: a night run again gives the same bytes. #}
{% macro exact(value) -%}
    cast({{ value }} as decimal(18, 6))
{%- endmacro %}

{# How many weeks' worth of slope a number of weeks ahead brings: each one 5 % less than the one before. #}
{% macro damped(weeks) -%}
    ((1 - pow(0.95, {{ weeks }})) / 0.05)
{%- endmacro %}
