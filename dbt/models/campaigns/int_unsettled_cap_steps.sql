{{ config(materialized='view') }}
with met as (
    {% for position in range(1, (var('cap_positions') | int(8)) + 1) %}
        select
            campaign_number,
            journey_number,
            seats,
            {{ position }} as position,
            cents_before_{{ position }} as cents_before,
            asked_before_{{ position }} as asked_before
        from {{ ref('int_campaign_caps') }}
        where cents_before_{{ position }} is not null
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    met.campaign_number,
    met.journey_number,
    met.position,
    met.cents_before,
    met.asked_before as counter_before,
    case
        when caps.counts = 'centimes' then least(met.cents_before, greatest(caps.maximum - met.asked_before, 0))
        when met.asked_before >= caps.maximum then 0
        else met.cents_before
    end as cents_after,
    case
        when caps.counts = 'centimes' then cents_after
        when met.asked_before >= caps.maximum then 0
        when caps.counts = 'sieges' then met.seats
        else 1
    end as counted
from met
inner join {{ source('catalogue', 'campaign_caps') }} as caps
    on met.campaign_number = caps.campaign_number and met.position = caps.position
