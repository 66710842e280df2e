-- name: journeys
create table judged.journeys as
select
    operator_id,
    operator_journey_id,
    start_on,
    driver_identity_key,
    passenger_identity_key,
    outcome,
    refusal_codes
from active.journeys
where start_on between $first and $last;

-- name: valid
create table judged.valid as
select *
from active.int_evaluated_journeys
where start_on between $first and $last;
