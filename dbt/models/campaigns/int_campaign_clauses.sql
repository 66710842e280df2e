{{ config(materialized='by_month') }}
with masks as (
    select * from {{ ref('int_clause_masks') }}
),

-- What holds of an end that is in no territory that the campaign names.
campaigns as (
    select
        campaigns.campaign_number,
        campaigns.matter_mask,
    {% for part, attributes in [
        ('origin', ['origin']), ('destination', ['destination']), ('position', ['start_position', 'end_position']),
    ] %}
        cast(coalesce(bit_or(clauses.clause_mask) filter (
            where clauses.low = 0 and clauses.attribute in (
                '{{ attributes | join("', '") }}'
            )
            ), 0) as bigint) as absent_{{ part }}{{ ',' if not loop.last }}
    {% endfor %}
    from {{ source('catalogue', 'campaigns') }} as campaigns
    inner join {{ source('catalogue', 'campaign_clauses') }} as clauses
        on campaigns.campaign_number = clauses.campaign_number
    group by all
),

moments as (
    select
        campaigns.*,
        masks.id,
        masks.clause_mask
    from masks
    inner join campaigns on masks.campaign_number = campaigns.campaign_number
    where masks.part = 'moment'
),

pairs as (
    select
        moments.campaign_number,
        journeys.journey_number,
        moments.matter_mask,
        moments.clause_mask
        | coalesce(facts.clause_mask, 0)
        | coalesce(times.clause_mask, 0)
        | coalesce(origins.clause_mask, moments.absent_origin)
        | coalesce(destinations.clause_mask, moments.absent_destination)
        | coalesce(positions.clause_mask, moments.absent_position) as clauses
    from {{ ref('int_journey_profiles') }} as journeys
    inner join moments on journeys.moment_id = moments.id
    {% for part, id in [
        ('fact', 'fact_id'), ('time', 'slot'), ('origin', 'start_area_id'), ('destination', 'end_area_id'),
        ('position', 'journey_number'),
    ] %}
        left join (
            from masks
            where part = '{{ part }}'
        ) as {{ part }}s
            on moments.campaign_number = {{ part }}s.campaign_number and journeys.{{ id }} = {{ part }}s.id
    {% endfor %}
)

select
    campaign_number,
    journey_number,
    clauses
from pairs
{% if not var('every_pair') %}
    where {{ in_force('clauses', 'matter_mask') }}
{% endif %}
