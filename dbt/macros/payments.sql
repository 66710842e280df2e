{# How a demand is named on a transfer (dagster_project/contracts/payments.py): KARAVANE-00012. #}
{% macro demand_reference(names, number, digits) -%}
    upper(replace({{ names }}, '_', '-')) || '-'
    || lpad(cast({{ number }} as varchar), cast(greatest({{ digits }}, len(cast({{ number }} as varchar))) as integer), '0')
{%- endmacro %}

{# Steps of advances as demands: what each moves. #}
{% macro advance_demands(steps) -%}
    select
        campaign_id,
        operator_id,
        'advance' as kind,
        statement_number as number,
        {{ demand_reference("'acompte_' || campaign_id || '_' || operator_id", "statement_number", 2) }} as reference,
        'acompte/' || operator_id || '/' || lpad(cast(statement_number as varchar), 2, '0') as document_id,
        period_start_on,
        period_end_on,
        revision_cents as asked_cents,
        issued_on as decided_on
    from {{ steps }}
{%- endmacro %}
