{{ config(materialized='by_month') }}
with bounds as (
    select
        attribute,
        bound,
        row_number() over (partition by attribute order by bound) as bound_rank
    from (
        select
            attribute,
            low as bound
        from {{ source('catalogue', 'campaign_clauses') }}
        union
        select
            attribute,
            high + 1
        from {{ source('catalogue', 'campaign_clauses') }}
        union
        select
            unnest(['start', 'distance', 'contribution', 'seats']),
            {{ minus_infinity() }}
    )
),

same_codes as (
    select
        pairs.start_area_id,
        pairs.end_area_id,
        0
        {% for level in levels() %}
            + if(start_area.{{ level }} = end_area.{{ level }}, {{ 2 ** loop.index0 }}, 0)
        {% endfor %} as same_codes
    from (select distinct
        start_area_id,
        end_area_id
    from {{ ref('int_evaluated_journeys') }}) as pairs
    inner join {{ ref('int_evaluated_areas') }} as start_area on pairs.start_area_id = start_area.area_id
    inner join {{ ref('int_evaluated_areas') }} as end_area on pairs.end_area_id = end_area.area_id
),

-- Each value once: an ordered join on every journey costs a sort.
{% for attribute, value in [
    ('distance', 'distance_m'), ('contribution', 'passenger_contribution_cents'), ('seats', 'seats'),
] %}
    {{ attribute }}_bounds as (
        select
            distinct_values.value,
            bounds.bound,
            bounds.bound_rank
        from (select distinct {{ value }} as value from {{ ref('int_evaluated_journeys') }}) as distinct_values
        asof inner join (
            from bounds
            where attribute = '{{ attribute }}'
        ) as bounds
            on distinct_values.value >= bounds.bound
    ),
{% endfor %}

-- A bound that no rule names tells no two journeys apart: a value stands for all up to the next bound.
reduced as (
    select
        journeys.journey_number,
        journeys.start_area_id,
        journeys.end_area_id,
        {{ slot('journeys.start_at') }} as slot,
        starts.bound as start_us,
        starts.bound_rank as start_rank,
        distances.bound as distance_m,
        distances.bound_rank as distance_rank,
        contributions.bound as contribution_cents,
        contributions.bound_rank as contribution_rank,
        seats.bound as seats,
        seats.bound_rank as seats_rank,
        coalesce(operators.operator_number, 0) as operator_number,
        case journeys.operator_class when 'A' then 1 when 'B' then 2 when 'C' then 3 else 0 end as class_number,
        coalesce(cast(journeys.passenger_over_18 as integer), -1) as adult,
        coalesce(same_codes.same_codes, 0) as same_codes
    from {{ ref('int_evaluated_journeys') }} as journeys
    asof inner join (
        from bounds
        where attribute = 'start'
    ) as starts
        on epoch_us(journeys.start_at) >= starts.bound
    inner join distance_bounds as distances on journeys.distance_m = distances.value
    inner join contribution_bounds as contributions on journeys.passenger_contribution_cents = contributions.value
    inner join seats_bounds as seats on journeys.seats = seats.value
    left join {{ source('catalogue', 'campaign_operators') }} as operators
        on journeys.operator_id = operators.operator_id
    left join same_codes
        on journeys.start_area_id = same_codes.start_area_id and journeys.end_area_id = same_codes.end_area_id
)

select
    * exclude (start_rank, distance_rank, contribution_rank, seats_rank),
    ((start_rank * 100000 + operator_number) * 4 + class_number) * 3 + adult + 1 as moment_id,
    ((distance_rank * 100000 + contribution_rank) * 1000 + seats_rank) * 128 + same_codes as fact_id
from reduced
