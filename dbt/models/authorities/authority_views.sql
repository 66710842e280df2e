{{ config(materialized='by_month', meta={'day': 'month_on'}) }}
with territories as (
    select * from {{ source('catalogue', 'territories') }}
),

selections as (
    select
        *,
        bool_or(selection_id != 'territoire') over (
            partition by authority_id, operator_id, operator_journey_id
        ) as is_of_own_campaign
    from {{ ref('int_authority_selections') }}
)

select
    selections.authority_id,
    selections.selection_id,
    selections.is_of_own_campaign,
    cast(date_trunc('month', journeys.start_on) as date) as month_on,
    -- Ids and identity keys become the authority's own pseudonyms on the way out (reports/authority).
    journeys.operator_id,
    journeys.operator_journey_id,
    journeys.operator_trip_id,
    journeys.driver_identity_key,
    journeys.passenger_identity_key,
    operators.operator_name as "operator", -- noqa: RF06
    journeys.operator_class,
    {{ quarter_hour('journeys.start_at') }} as start_datetime,
    {{ quarter_hour('journeys.end_at') }} as end_datetime,
    {% for end in ["start", "end"] %}
        {{ end }}_territory.commune_code as {{ end }}_insee,
        {{ end }}_territory.postcodes as {{ end }}_postcode,
        coalesce({{ end }}_locality.locality_name, {{ end }}_territory.commune_name) as {{ end }}_town,
        {{ truncated('journeys.' ~ end ~ '_lat', end ~ '_territory') }} as {{ end }}_lat,
        {{ truncated('journeys.' ~ end ~ '_lon', end ~ '_territory') }} as {{ end }}_lon,
    {% endfor %}
    journeys.seats as passenger_seats,
    journeys.passenger_contribution_cents as passenger_contribution,
    journeys.driver_revenue_cents as driver_revenue,
    journeys.incentives
from selections
inner join {{ ref('journeys') }} as journeys
    on
        selections.operator_id = journeys.operator_id
        and selections.operator_journey_id = journeys.operator_journey_id
inner join {{ source('catalogue', 'operators') }} as operators on journeys.operator_id = operators.operator_id
left join territories as start_territory
    on journeys.start_place_code = start_territory.place_code and journeys.territory_year = start_territory.year
left join territories as end_territory
    on journeys.end_place_code = end_territory.place_code and journeys.territory_year = end_territory.year
{{ join_locality("journeys", "start") }}
{{ join_locality("journeys", "end") }}
-- So that one authority's rows are read without all others'.
order by selections.authority_id, selections.selection_id
