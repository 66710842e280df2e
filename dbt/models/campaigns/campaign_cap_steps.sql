{{ config(materialized='view') }}
{% for position in range(1, (var('cap_positions') | int(8)) + 1) %}
    select
        steps.campaign_number,
        steps.journey_number,
        caps.position,
        caps.cap_id,
        caps.counts,
        tariffs.seats,
        steps.cents_before_{{ position }} as cents_before,
        steps.asked_before_{{ position }} as counter_before,
        case
            when caps.counts = 'centimes'
                then
                    least(
                        steps.cents_before_{{ position }}, greatest(caps.maximum - steps.asked_before_{{ position }}, 0)
                    )
            when steps.asked_before_{{ position }} >= caps.maximum then 0
            else steps.cents_before_{{ position }}
        end as cents_after,
        caps.maximum,
        caps.article
    from {{ ref('int_campaign_caps') }} as steps
    inner join {{ source('catalogue', 'campaign_caps') }} as caps
        on steps.campaign_number = caps.campaign_number and caps.position = {{ position }}
    inner join {{ ref('int_campaign_tariffs') }} as tariffs
        on steps.campaign_number = tariffs.campaign_number and steps.journey_number = tariffs.journey_number
    where steps.cents_before_{{ position }} is not null
    {{ 'union all' if not loop.last }}
{% endfor %}
