with literals as (
    select
        campaign_number,
        list({attribute: attribute, bit: bit, low: low, high: high, clause_mask: clause_mask}) as literals
    from {{ source('catalogue', 'campaign_clauses') }}
    group by campaign_number
),

campaigns as (
    select
        campaigns.campaign_number,
        campaigns.start_at,
        campaigns.end_at,
        campaigns.perimeter_bit,
        campaigns.time_zone,
        literals.literals
    from {{ source('catalogue', 'campaigns') }} as campaigns
    inner join literals on campaigns.campaign_number = literals.campaign_number
),

same_codes as (
    select
        pairs.start_area_id,
        pairs.end_area_id,
        0
        {% for level in levels() %}
        + if(start_area.{{ level }} = end_area.{{ level }}, {{ 2 ** loop.index0 }}, 0)
        {% endfor %} as same_codes
    from (select distinct start_area_id, end_area_id from {{ ref('int_evaluated_journeys') }}) as pairs
    inner join {{ ref('int_evaluated_areas') }} as start_area on pairs.start_area_id = start_area.area_id
    inner join {{ ref('int_evaluated_areas') }} as end_area on pairs.end_area_id = end_area.area_id
),

journeys as (
    select
        journeys.journey_number,
        journeys.start_at,
        journeys.start_area_id,
        journeys.end_area_id,
        epoch_us(journeys.start_at) as start_us,
        {{ slot('journeys.start_at') }} as slot,
        epoch_us(journeys.start_at) % 900000000 // 60000000 as minute_of_slot,
        journeys.distance_m,
        case journeys.operator_class when 'A' then 1 when 'B' then 2 when 'C' then 3 else 0 end as class_number,
        coalesce(cast(journeys.passenger_over_18 as integer), -1) as adult,
        journeys.passenger_contribution_cents as contribution_cents,
        journeys.seats,
        coalesce(operators.operator_number, 0) as operator_number,
        coalesce(same_codes.same_codes, 0) as same_codes
    from {{ ref('int_evaluated_journeys') }} as journeys
    left join {{ source('catalogue', 'campaign_operators') }} as operators
        on journeys.operator_id = operators.operator_id
    left join same_codes
        on journeys.start_area_id = same_codes.start_area_id and journeys.end_area_id = same_codes.end_area_id
),

pairs as (
    select
        campaigns.campaign_number,
        campaigns.literals,
        campaigns.perimeter_bit,
        times.local_minute + journeys.minute_of_slot as local_minute,
        times.local_weekday,
        times.local_month,
        coalesce(starts.selector_mask, 0) | coalesce(positions.start_mask, 0) as start_mask,
        coalesce(ends.selector_mask, 0) | coalesce(positions.end_mask, 0) as end_mask,
        journeys.*
    from journeys
    inner join campaigns
        on {{ 'true' if var('every_pair') else 'journeys.start_at between campaigns.start_at and campaigns.end_at' }}
    inner join {{ ref('int_local_times') }} as times
        on campaigns.time_zone = times.time_zone and journeys.slot = times.slot
    left join {{ ref('int_selector_areas') }} as starts
        on campaigns.campaign_number = starts.campaign_number and journeys.start_area_id = starts.area_id
    left join {{ ref('int_selector_areas') }} as ends
        on campaigns.campaign_number = ends.campaign_number and journeys.end_area_id = ends.area_id
    left join {{ ref('int_selector_positions') }} as positions
        on
            campaigns.campaign_number = positions.campaign_number
            and journeys.journey_number = positions.journey_number
)

select
    campaign_number,
    journey_number,
    list_bit_or(
        list_transform(
            literals,
            lambda literal: if({{ attribute('literal') }} between literal.low and literal.high, literal.clause_mask, 0)
        )
    ) as clauses
from pairs
{% if not var('every_pair') %}
where perimeter_bit is null or ((start_mask | end_mask) >> perimeter_bit) & 1 = 1
{% endif %}
