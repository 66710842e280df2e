{#
    The attribute of a journey that a literal is about, as an integer; of a mask, the literal's bit.
    The numbers are those of dagster_project/campaigns/logic.py.
#}
{% macro attribute(literal) -%}
    case {{ literal }}.attribute
        when 1 then start_us
        when 2 then distance_m
        when 3 then class_number
        when 4 then adult
        when 5 then contribution_cents
        when 6 then seats
        when 7 then local_minute
        when 8 then local_weekday
        when 9 then local_month
        when 10 then operator_number
        when 11 then (start_mask >> {{ literal }}.bit) & 1
        when 12 then (end_mask >> {{ literal }}.bit) & 1
        when 13 then (same_codes >> {{ literal }}.bit) & 1
    end
{%- endmacro %}

{# All clauses of a rule are among those that hold. #}
{% macro in_force(clauses, mask) -%}
    ({{ clauses }} & {{ mask }}) = {{ mask }}
{%- endmacro %}

{# The levels of a territory, in the order of their bits in `same_codes`. #}
{% macro levels() -%}
    {{ return(['commune', 'ville', 'epci', 'aom', 'departement', 'region', 'pays']) }}
{%- endmacro %}

{# A quarter of an hour: no time zone changes its offset within one. #}
{% macro slot(instant) -%}
    (epoch_us({{ instant }}) // 900000000)
{%- endmacro %}
