{{ config(materialized='view', tags=['personal_data']) }}
-- What an unsettled journey uses of each cap that it meets, by the key of whose counter it fills; of the journeys that
-- still ask caps alone, so that a closing does not read the whole base for each of its campaigns.
select
    steps.campaign_number,
    steps.journey_number,
    caps.position,
    caps.cap_id,
    owners.whose_key,
    {{ window_on() }} as window_on,
    steps.counted,
    steps.counter_before,
    steps.cents_before,
    steps.cents_after
from {{ ref('int_unsettled_cap_steps') }} as steps
inner join {{ source('catalogue', 'campaign_caps') }} as caps
    on steps.campaign_number = caps.campaign_number and steps.position = caps.position
inner join {{ ref('int_cap_journeys') }} as journeys on steps.journey_number = journeys.journey_number
inner join {{ ref('int_local_times') }} as times on caps.time_zone = times.time_zone and journeys.slot = times.slot
inner join {{ ref('int_cap_owners') }} as owners
    on caps.whose = owners.whose and {{ owner('journeys') }} = owners.owner
