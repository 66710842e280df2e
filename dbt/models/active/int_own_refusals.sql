-- What a journey breaks by itself, whatever other journeys there are.
with journeys as (
    select *
    from {{ ref('int_journeys_placed') }}
    where status != 'cancelled'
),

-- Received once it could be told: the first delivery after its end, whatever version came then. So a correction of a
-- journey that came in time is in time, and a journey that was announced before it took place is not.
revised as (
    select
        journeys.operator_id,
        journeys.operator_journey_id,
        min(versions.dropped_at) as received_at
    from journeys
    inner join {{ ref('int_journey_versions') }} as versions
        on
            journeys.operator_id = versions.operator_id
            and journeys.operator_journey_id = versions.operator_journey_id
    where journeys.version_number > 1 and not versions.is_stray and journeys.end_at <= versions.dropped_at
    group by journeys.operator_id, journeys.operator_journey_id
),

received as (
    select
        journeys.operator_id,
        journeys.operator_journey_id,
        journeys.start_on,
        journeys.start_at,
        journeys.end_at,
        journeys.distance_m,
        coalesce(
            revised.received_at, if(journeys.end_at <= journeys.dropped_at, journeys.dropped_at, null)
        ) as received_at
    from journeys
    left join revised using (operator_id, operator_journey_id)
),

judged as (
    select
        received.operator_id,
        received.operator_journey_id,
        if(days.is_outside_production, 'journey_outside_production', null) as outside,
        if(days.must_be_granted and grants.granted_class is null, 'operator_not_granted', null) as not_granted,
        if(days.must_be_over and received.received_at is null, 'not_yet_over', null) as not_over,
        if(
            received.received_at
            > if(days.is_deadline_from_start, received.start_at, received.end_at) + to_hours(days.deadline_hours),
            'sent_too_late', null
        ) as late,
        if(received.distance_m < days.least_distance_m, 'distance_too_short', null) as short
    from received
    inner join {{ ref('int_acceptance_days') }} as days using (operator_id, start_on)
    left join {{ ref('int_class_grants') }} as grants
        on
            received.operator_id = grants.operator_id
            and received.start_at >= grants.from_at
            and received.start_at < grants.to_at
)

-- Most journeys break nothing: a list is made for the others only.
select
    operator_id,
    operator_journey_id,
    list_filter([outside, not_granted, not_over, late, short], lambda code: code is not null) as refusal_codes
from judged
where coalesce(outside, not_granted, not_over, late, short) is not null
