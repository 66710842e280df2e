{{ config(materialized='by_month', meta={'day': 'month_on'}) }}
-- What became of the journeys that reached the registry: the valid ones are those that the authority sees, so that they
-- sum to authority_figures; the others have an end in its territory on their day. One fate each, by the first reason.
with territories as (
    {{ authority_places() }}
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
        journeys.operator_id,
        journeys.operator_journey_id
    from {{ ref('journeys') }} as journeys
    inner join territories
        on
            territories.place_code in (journeys.start_place_code, journeys.end_place_code)
            and journeys.territory_year = territories.year
            and journeys.start_on between territories.from_on and territories.to_on
    where journeys.outcome != 'valid'
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
