{# Whose counter a cap fills: a person, a car's trip, or the whole campaign; by number (int_cap_owners). #}
{% macro owner(journeys) -%}
    case caps.whose
        when 'conducteur' then {{ journeys }}.driver_number
        when 'passager' then {{ journeys }}.passenger_number
        when 'trajet_conducteur' then {{ journeys }}.trip_number
        else 0
    end
{%- endmacro %}

{# First day of the window that a journey counts in; one day for all where there is one window. #}
{% macro window_on() -%}
    case caps.cap_window
        when 'jour' then times.day_on
        when 'semaine' then times.week_on
        when 'mois' then times.month_on
        when 'trimestre' then times.quarter_on
        when 'annee' then times.year_on
        else date '0001-01-01'
    end
{%- endmacro %}

{# What a journey carries from one cap to the next: what caps ask of it, and the counters it has met. #}
{% macro passed(position) -%}
    campaign_number, journey_number, clauses, seats, slot, driver_number, passenger_number, trip_number
    {%- for earlier in range(1, position) -%}
        , asked_before_{{ earlier }}, cents_before_{{ earlier }}
    {%- endfor -%}
{%- endmacro %}
