{# A literal is `low ≤ value ≤ high`; of a mask, its bit is the value. #}
{% macro holds(value) -%}
    if(literals.bit >= 0, ({{ value }} >> greatest(literals.bit, 0)) & 1, {{ value }}) between literals.low and literals.high
{%- endmacro %}

{# All clauses of a rule are among those that hold. #}
{% macro in_force(clauses, mask) -%}
    ({{ clauses }} & {{ mask }}) = {{ mask }}
{%- endmacro %}

{# The levels of a territory, in the order of their bits in `same_codes`. #}
{% macro levels() -%}
    {{ return(['commune', 'ville', 'epci', 'aom', 'departement', 'region', 'pays']) }}
{%- endmacro %}

{# Five minutes: no time zone changes its offset within them, and hours in a file are multiples of them. #}
{% macro slot(instant) -%}
    (epoch_us({{ instant }}) // 300000000)
{%- endmacro %}

{# Below every value: the open end of a bound (logic.INFINITE). #}
{% macro minus_infinity() -%}
    -4611686018427387904
{%- endmacro %}
