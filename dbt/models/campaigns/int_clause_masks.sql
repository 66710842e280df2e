{{ config(materialized='by_month') }}
-- A clause is an `or` of literals and each literal is about one attribute: the clauses of a journey are those
-- of its moment, its facts, its local time and its two ends put together, each found once for all alike.
with literals as (
    select
        clauses.*,
        campaigns.time_zone
    from {{ source('catalogue', 'campaign_clauses') }} as clauses
    inner join {{ source('catalogue', 'campaigns') }} as campaigns
        on clauses.campaign_number = campaigns.campaign_number
),

-- Only campaigns in whose period the moment lies: a bound stands for all instants up to the next one.
moments as (
    select
        'moment' as part,
        campaigns.campaign_number,
        moments.moment_id as id,
        unnest([
            { attribute: 'start', value: moments.start_us },
            { attribute: 'operator', value: moments.operator_number },
            { attribute: 'class', value: moments.class_number },
            { attribute: 'adult', value: moments.adult }
        ], recursive := true)
    from (
        select distinct
            moment_id,
            start_us,
            operator_number,
            class_number,
            adult
        from {{ ref('int_journey_profiles') }}
    ) as moments
    inner join {{ source('catalogue', 'campaigns') }} as campaigns
        on
            {% if var('every_pair') %}true{% else %}
                moments.start_us between epoch_us(campaigns.start_at) and epoch_us(campaigns.end_at)
            {% endif %}
),

facts as (
    select distinct
        fact_id as id,
        unnest([
            { attribute: 'distance', value: distance_m },
            { attribute: 'contribution', value: contribution_cents },
            { attribute: 'seats', value: seats },
            { attribute: 'same_code', value: same_codes }
        ], recursive := true)
    from {{ ref('int_journey_profiles') }}
),

times as (
    select
        time_zone,
        slot as id,
        unnest([
            { attribute: 'minute', value: local_minute },
            { attribute: 'weekday', value: local_weekday },
            { attribute: 'month', value: local_month }
        ], recursive := true)
    from {{ ref('int_local_times') }}
),

ends as (
    select
        ends.part,
        areas.campaign_number,
        areas.area_id as id,
        ends.part as attribute,
        areas.selector_mask as value
    from {{ ref('int_selector_areas') }} as areas
    semi join (
        select start_area_id as area_id
        from {{ ref('int_journey_profiles') }}
        union
        select end_area_id
        from {{ ref('int_journey_profiles') }}
    ) as met
        on areas.area_id = met.area_id
    cross join (values ('origin'), ('destination')) as ends (part)
),

positions as (
    select
        'position' as part,
        campaign_number,
        journey_number as id,
        unnest([
            { attribute: 'start_position', value: start_mask },
            { attribute: 'end_position', value: end_mask }
        ], recursive := true)
    from {{ ref('int_selector_positions') }}
),

own as (
    from moments
    union all
    from ends
    union all
    from positions
),

-- A row without any bit, too: what no rule knows differs from what holds to none. Inner joins only: an outer
-- one on ranges would compare every row with every literal.
clause_bits as (
    select
        part,
        campaign_number,
        id,
        0 as clause_mask
    from own
    union all
    select
        own.part,
        own.campaign_number,
        own.id,
        literals.clause_mask
    from own
    inner join literals
        on
            own.campaign_number = literals.campaign_number
            and own.attribute = literals.attribute
            and {{ holds('own.value') }}
    union all
    select
        'fact',
        literals.campaign_number,
        facts.id,
        literals.clause_mask
    from facts
    inner join literals on facts.attribute = literals.attribute and {{ holds('facts.value') }}
    union all
    select
        'time',
        literals.campaign_number,
        times.id,
        literals.clause_mask
    from times
    inner join literals
        on
            times.attribute = literals.attribute
            and times.time_zone = literals.time_zone
            and {{ holds('times.value') }}
)

select
    part,
    campaign_number,
    id,
    cast(bit_or(clause_mask) as bigint) as clause_mask
from clause_bits
group by part, campaign_number, id
