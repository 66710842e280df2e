-- name: near
-- Rows of people under a key that was asked for, or under an id that the asking operator gives somebody.
select distinct
    operator_id,
    identity_key,
    phone,
    phone_trunc,
    operator_user_id
from identities
where
    identity_key in (select identity_key from keys)
    or (operator_id = $operator_id and operator_user_id in (select user_id from asked));

-- name: courses
-- A passenger's journey counts once, a driver's car once, whoever is in it.
with valid as (
    select *
    from active.journeys
    where
        outcome = 'valid'
        and start_on >= (select min(first_on) from asked)
        and start_on <= (select max(last_on) from asked)
),

of_persons as (
    select
        valid.*,
        keys.line,
        'conducteur' as role,
        valid.operator_trip_id as course_id
    from valid inner join keys on valid.driver_identity_key = keys.identity_key
    union all
    select
        valid.*,
        keys.line,
        'passager' as role,
        valid.operator_journey_id as course_id
    from valid inner join keys on valid.passenger_identity_key = keys.identity_key
)

select
    asked.line,
    of_persons.operator_id,
    of_persons.role,
    of_persons.start_on,
    min(of_persons.operator_class) as operator_class,
    max(of_persons.distance_m) as distance_m,
    max(cast(timezone('Europe/Paris', of_persons.end_at) as date)) as ended_on
from of_persons
inner join asked on of_persons.line = asked.line
where
    of_persons.start_on between asked.first_on and asked.last_on
    and (asked.phone is not null or of_persons.operator_id = $operator_id)
group by asked.line, of_persons.operator_id, of_persons.role, of_persons.start_on, of_persons.course_id;
