{# Numbers of the attributes that literals are about: dagster_project/campaigns/compile/logic.py has the same. #}
{% macro attributes(names) -%}
    {%- set numbers = {
        'start': 1, 'distance': 2, 'class': 3, 'adult': 4, 'contribution': 5, 'seats': 6, 'minute': 7,
        'weekday': 8, 'month': 9, 'operator': 10, 'origin': 11, 'destination': 12, 'same_code': 13,
        'start_position': 14, 'end_position': 15,
    } -%}
    {%- for name in names -%}{{ numbers[name] }}{{ ', ' if not loop.last }}{%- endfor -%}
{%- endmacro %}

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
