{{ config(materialized='view') }}
with steps as (
    select * from {{ ref('int_unsettled_cap_steps') }}
    union all by name
    select * from {{ ref('int_settled_cap_steps') }}
)

select
    steps.*,
    caps.cap_id,
    caps.counts,
    caps.maximum,
    caps.article
from steps
inner join {{ source('catalogue', 'campaign_caps') }} as caps
    on steps.campaign_number = caps.campaign_number and steps.position = caps.position
