{# A step of a cap that gave more than its counter left, or took what was not there; `steps`, `caps`, `incentives`. #}
{% macro is_cap_passed() -%}
    (
        steps.cents_after not between 0 and steps.cents_before
        or (caps.counts = 'centimes' and steps.counted > greatest(caps.maximum - steps.counter_before, 0))
        or (caps.counts != 'centimes' and steps.cents_after > 0 and steps.counter_before >= caps.maximum)
        or incentives.capped_cents > steps.cents_after
    )
{%- endmacro %}
