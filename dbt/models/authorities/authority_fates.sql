{{ config(materialized='by_month', meta={'day': 'month_on'}) }}
-- What became of the journeys that reached the registry: the valid ones are those that the authority sees, so that they
-- sum to authority_figures; the others have an end in its territory on their day. One fate each, by the first reason.
with territories as (
    {{ authority_places() }}
),

-- A row for each end: joined by place, where a condition on either end would compare every journey with every place.
ends as (
    select
        operator_id,
        operator_journey_id,
        start_on,
        territory_year,
        unnest([start_place_code, end_place_code]) as place_code
    from {{ ref('journeys') }}
    where outcome != 'valid'
),

seen as (
    select distinct
        authority_id,
        operator_id,
        operator_journey_id
    from {{ ref('int_authority_selections') }}
    union
    select
        territories.authority_id,
        ends.operator_id,
        ends.operator_journey_id
    from ends
    inner join territories
        on
            ends.place_code = territories.place_code
            and ends.territory_year = territories.year
            and ends.start_on between territories.from_on and territories.to_on
),

labelled as (
    select distinct
        operator_id,
        operator_journey_id
    from {{ ref('fraud_labels') }}
    where not is_excluding
)

select
    seen.authority_id,
    cast(date_trunc('month', journeys.start_on) as date) as month_on,
    case
        when journeys.outcome = 'refused' then 'refused:' || journeys.refusal_codes[1]
        when journeys.outcome = 'valid' and labelled.operator_id is not null then 'labelled'
        else journeys.outcome
    end as fate,
    cast(sum(greatest(coalesce(journeys.seats, 1), 1)) as bigint) as seats
from seen
inner join {{ ref('journeys') }} as journeys
    on seen.operator_id = journeys.operator_id and seen.operator_journey_id = journeys.operator_journey_id
left join labelled
    on seen.operator_id = labelled.operator_id and seen.operator_journey_id = labelled.operator_journey_id
group by all
