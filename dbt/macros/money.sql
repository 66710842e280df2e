{# A quotient of integers, neither of them negative, to the nearest integer, half up. #}
{% macro half_up(numerator, denominator) -%}
    ((({{ numerator }}) * 2 + {{ denominator }}) // ({{ denominator }} * 2))
{%- endmacro %}

{# VAT on a price, half up; the rate is in hundredths of a percent. #}
{% macro vat(cents, basis_points) -%}
    {{ half_up("(" ~ cents ~ ") * (" ~ basis_points ~ ")", "10000") }}
{%- endmacro %}

{# The part of a price including VAT that is excluding VAT, half up: what a cut fee is invoiced at. #}
{% macro ex_vat(cents_with_vat, basis_points) -%}
    {{ half_up("(" ~ cents_with_vat ~ ") * 10000", "(10000 + (" ~ basis_points ~ "))") }}
{%- endmacro %}

{# What the passenger gets of an amount that the two share: rounded down to the cent, also where it is taken back. #}
{% macro passenger_cents(cents, percent) -%}
    cast(sign({{ cents }}) * (abs({{ cents }}) * {{ percent }} // 100) as bigint)
{%- endmacro %}

{# More cents than any pot holds: the room of a campaign without a budget. #}
{% macro no_limit() -%}
    1000000000000000
{%- endmacro %}

{# Units of money before the one rounding: a billionth of a cent (dagster_project/campaigns/compile/parts.py). #}
{% macro units_per_cent() -%}
    1000000000
{%- endmacro %}

{# Divides by every number of people in a car up to 16: shares of a cost add up without rounding. #}
{% macro parts() -%}
    720720
{%- endmacro %}

{# Millimetres × thousandths of a euro per km × parts, to cents, half up. #}
{% macro share_to_cents(units) -%}
    cast({{ half_up(units, "7207200000000") }} as bigint)
{%- endmacro %}

{# What a band pays: the least of its sums of leaves, each an amount, or a rate on the metres between two bounds. #}
{% macro band_units(alternatives, billed_m='billed_m', seats='seats') -%}
    list_min(list_transform({{ alternatives }}, lambda leaves: list_sum(list_transform(
        leaves,
        lambda leaf:
        (
            leaf.flat_units
            + leaf.units_per_m * (greatest(least({{ billed_m }}, leaf.ceiling_m), leaf.offset_m) - leaf.offset_m)
        ) * if(leaf.is_per_seat, {{ seats }}, 1)
    ))))
{%- endmacro %}
