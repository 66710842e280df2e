-- name: identities
select * exclude (filename)
from held_identities
where identity_key in (from person_keys)
order by all;

-- name: near
-- Who may be the person of a phone that may be written otherwise: by four of its digits.
select * exclude (filename)
from held_identities
where phone[-6:-3] = $digits or phone_trunc[-4:] = $digits
order by all;

-- name: deliveries
-- All rows under an id of which a row names the person.
create or replace temp table deliveries as
select * exclude (filename)
from held_journeys
semi join (
    select
        named.operator_id,
        named.operator_journey_id
    from held_journeys as named
    where
        named.driver_identity_key in (from person_keys) or named.passenger_identity_key in (from person_keys)
) as theirs using (operator_id, operator_journey_id);

-- name: journeys
select * exclude (is_stray)
from versions
where
    driver_identity_key in (from person_keys) or passenger_identity_key in (from person_keys)
    or (operator_id, operator_journey_id) in (
        select (own.operator_id, own.operator_journey_id)
        from versions as own
        where not own.is_stray
        group by own.operator_id, own.operator_journey_id
        having
            arg_max(own.driver_identity_key, (own.dropped_at, own.drop_id, own.drop_row)) in (from person_keys)
            or arg_max(own.passenger_identity_key, (own.dropped_at, own.drop_id, own.drop_row))
            in (from person_keys)
    )
order by all;
