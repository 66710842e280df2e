{{ config(materialized='by_month', meta={'day': 'start_on'}) }}
-- What a journey breaks by itself, whatever other journeys there are.
with journeys as (
    select *
    from {{ ref('int_journeys_placed') }}
    where status != 'cancelled'
),

judged as (
    select
        journeys.operator_id,
        journeys.operator_journey_id,
        journeys.start_on,
        if(days.is_outside_production, 'journey_outside_production', null) as outside,
        if(days.must_be_granted and grants.granted_class is null, 'operator_not_granted', null) as not_granted,
        if(days.must_be_over and journeys.received_at is null, 'not_yet_over', null) as not_over,
        if(
            journeys.received_at
            > if(days.is_deadline_from_start, journeys.start_at, journeys.end_at) + to_hours(days.deadline_hours),
            'sent_too_late', null
        ) as late,
        if(journeys.distance_m < days.least_distance_m, 'distance_too_short', null) as short
    from journeys
    inner join {{ ref('int_acceptance_days') }} as days using (operator_id, start_on)
    left join {{ ref('int_class_grants') }} as grants
        on
            journeys.operator_id = grants.operator_id
            and journeys.start_at >= grants.from_at
            and journeys.start_at < grants.to_at
)

-- Most journeys break nothing: a list is made for the others only.
select
    operator_id,
    operator_journey_id,
    start_on,
    list_filter([outside, not_granted, not_over, late, short], lambda code: code is not null) as refusal_codes
from judged
where coalesce(outside, not_granted, not_over, late, short) is not null
