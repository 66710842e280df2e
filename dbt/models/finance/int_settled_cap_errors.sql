{{ config(materialized='by_month') }}
-- Settled steps of caps, held against the caps that their closing saw.
with caps as (
    select
        terms.campaign_id,
        terms.closing_number,
        unnest(terms.caps, max_depth := 2)
    from {{ ref('int_campaign_terms') }} as terms
)

select
    incentives.campaign_id,
    incentives.operator_id,
    incentives.incentive_closing as closing_number,
    count(*) as caps_passed
from {{ ref('int_settled_cap_steps') }} as steps
inner join {{ source('catalogue', 'campaigns') }} as campaigns on steps.campaign_number = campaigns.campaign_number
inner join {{ ref('campaign_incentives') }} as incentives
    on campaigns.campaign_id = incentives.campaign_id and steps.journey_number = incentives.journey_number
inner join caps
    on
        incentives.campaign_id = caps.campaign_id
        and incentives.incentive_closing = caps.closing_number
        and steps.position = caps.position
where {{ is_cap_passed() }}
group by all
