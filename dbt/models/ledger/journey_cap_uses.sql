{{ config(materialized='view', tags=['personal_data']) }}
-- What a journey uses of each cap that it meets, settled or not, by the key of whose counter it fills. To be asked by
-- the campaign's number: by anything else, it is made of all campaigns first.
select
    steps.campaign_number,
    steps.journey_number,
    caps.position,
    caps.cap_id,
    case caps.whose
        when 'conducteur' then coalesce(journeys.driver_identity_key, '')
        when 'passager' then coalesce(journeys.passenger_identity_key, '')
        when 'trajet_conducteur' then concat_ws('/', journeys.operator_id, journeys.operator_trip_id)
        else ''
    end as whose_key,
    {{ window_on() }} as window_on,
    steps.counted,
    steps.counter_before,
    steps.cents_before,
    steps.cents_after
from {{ ref('campaign_cap_steps') }} as steps
inner join {{ source('catalogue', 'campaign_caps') }} as caps
    on steps.campaign_number = caps.campaign_number and steps.position = caps.position
inner join {{ ref('int_evaluated_journeys') }} as journeys on steps.journey_number = journeys.journey_number
inner join {{ ref('int_local_times') }} as times
    on caps.time_zone = times.time_zone and times.slot = {{ slot('journeys.start_at') }}
