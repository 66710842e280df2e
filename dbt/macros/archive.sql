{#
    The ladder of the archive (D-151): what a journey still says at each step, finest first. It lands on the first
    step at which it has enough journeys of enough persons beside it; past the last one it is only counted.
    A place is a commune and its cell of 0.01 degrees, a commune, or an EPCI; a slot a quarter of an hour, an hour, a
    part of the day, or none. Month, origin and destination, always as a pair, are kept at every step.
#}
{% macro archive_ladder() -%}
    {% set all = ["day_kind", "distance_band_km", "operator_class"] %}
    {{ return([
        {"place": "cell", "slot": "quarter_hour", "keeps": all},
        {"place": "commune", "slot": "hour", "keeps": all},
        {"place": "commune", "slot": "day_part", "keeps": all},
        {"place": "commune", "slot": none, "keeps": all},
        {"place": "epci", "slot": "day_part", "keeps": all},
        {"place": "epci", "slot": none, "keeps": ["distance_band_km", "operator_class"]},
        {"place": "epci", "slot": none, "keeps": []},
    ]) }}
{%- endmacro %}

{# What an archived journey says at a step, by column; null is what the step no longer says. #}
{% macro archived_columns(step) -%}
    {% set area = "epci" if step.place == "epci" else "commune" %}
    {% set columns = {
        "origin_code": "start_" ~ area ~ "_code",
        "origin_cell": "start_cell" if step.place == "cell",
        "destination_code": "end_" ~ area ~ "_code",
        "destination_cell": "end_cell" if step.place == "cell",
        "start_slot": step.slot,
    } %}
    {% for column in ["day_kind", "distance_band_km", "operator_class"] %}
        {% do columns.update({column: column if column in step["keeps"]}) %}
    {% endfor %}
    {{ return(columns) }}
{%- endmacro %}

{# What journeys of one group share: all that is shown, and who has seen them (int_archive_journeys.seen_by). #}
{% macro archived_key(step) -%}
    month_on, seen_by, {{ archived_columns(step).values() | select | join(", ") }}
{%- endmacro %}

{# South-west corner of the cell of 0.01 degrees that a position lies in. #}
{% macro cell(end) -%}
    printf('%.2f %.2f', floor({{ end }}_lat * 100) / 100, floor({{ end }}_lon * 100) / 100)
{%- endmacro %}

{# At least k persons stand behind the members for whom a condition holds. #}
{% macro has_k_persons(condition) -%}
    least(
        count(distinct first_key) filter ({{ condition }}), count(distinct second_key) filter ({{ condition }})
    ) >= {{ var('archive_k') }}
{%- endmacro %}
