{% for step in archive_ladder() %}
    select
        ladder.journey_number,
        journeys.month_on,
        {% for name, value in archived_columns(step).items() -%}
            {{ "journeys." ~ value if value else "cast(null as varchar)" }} as {{ name }},
        {% endfor -%}
        ladder.step
    from {{ ref('int_archive_ladder') }} as ladder
    inner join {{ ref('int_archive_journeys') }} as journeys on ladder.journey_number = journeys.journey_number
    where ladder.step = {{ loop.index }}
    {{ "union all" if not loop.last }}
{% endfor %}
