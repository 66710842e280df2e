{# First day of the calendar period of so many months (1, 3) that a date lies in. #}
{% macro period_start(day, months) -%}
    cast(make_date(year({{ day }}), ((month({{ day }}) - 1) // {{ months }}) * {{ months }} + 1, 1) as date)
{%- endmacro %}

{# Last day of a period, from its first. #}
{% macro period_end(start, months) -%}
    cast({{ start }} + to_months(cast({{ months }} as integer)) - interval 1 day as date)
{%- endmacro %}
