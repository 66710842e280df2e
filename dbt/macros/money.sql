{# A quotient of integers, neither of them negative, to the nearest integer, half up. #}
{% macro half_up(numerator, denominator) -%}
    ((({{ numerator }}) * 2 + {{ denominator }}) // ({{ denominator }} * 2))
{%- endmacro %}

{# The part of a price including VAT that is excluding VAT, half up: what a cut fee is invoiced at. #}
{% macro ex_vat(cents_with_vat, vat_percent) -%}
    {{ half_up("(" ~ cents_with_vat ~ ") * 100", "(100 + " ~ vat_percent ~ ")") }}
{%- endmacro %}

{# Units of money before the one rounding: a billionth of a cent (dagster_project/campaigns/parts.py). #}
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
