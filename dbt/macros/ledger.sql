-- noqa: disable=LT02
{# What of a journey an amount depends on: a correction that changes none of it moves no closed entry. #}
{% macro facts_digest() -%}
    {%- set facts = [
        'operator_class', 'epoch_us(start_at)', 'distance_m', 'seats', 'operator_trip_id', 'driver_identity_key',
        'passenger_identity_key', 'passenger_over_18', 'passenger_contribution_cents', 'driver_revenue_cents',
        'start_lat', 'start_lon', 'start_place_code', 'end_lat', 'end_lon', 'end_place_code',
    ] -%}
    md5(array_to_string([
        {% for fact in facts %}
            coalesce(cast({{ fact }} as varchar), ''){{ ',' if not loop.last }}
        {% endfor %}
    ], '|'))
{%- endmacro %}

{# Entries that no closing has taken back. An entry whose journey retention has taken stands for ever. #}
{% macro standing_entries() -%}
    select entries.* exclude (movement, original_closing, original_entry, journey_digest)
    from {{ ref('stg_ledger_entries') }} as entries
    anti join (
        from {{ ref('stg_ledger_entries') }}
        where movement = 'reversal'
    ) as reversals
        on entries.closing_number = reversals.original_closing and entries.entry_number = reversals.original_entry
    where entries.movement = 'entry'
{%- endmacro %}

{# The ledger and what is still to be closed. A model by call names it so, and reads the months of each part. #}
{% macro lines_by_call() -%}
    (
        from {{ ref('int_settled_lines') }}
        union all by name
        select
            * exclude (journey_number),
            operator_journey_id as journey_key,
            reason != 'journey' as is_adjustment
        from {{ ref('unsettled_lines') }}
    )
{%- endmacro %}
