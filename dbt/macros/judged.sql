{# Of months that are not judged again: the rows that the night before has found, where its cache can be read. #}
{% macro judged_before(schema, model) -%}
    {%- set days = ref('int_judged_days') -%}
    {%- if var('yesterday') %}
    union all by name
    select before.*
    from yesterday.{{ schema }}.{{ model }} as before
    anti join {{ days }} as days on before.month_on = days.month_on
    {%- endif %}
{%- endmacro %}
