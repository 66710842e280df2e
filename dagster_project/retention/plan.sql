-- name: ended_limitations
-- Files of limitations, one a key, of persons of whom nothing is left under any key of their request: who is known
-- by a phone and by an account may travel again under the other.
with kept as (
    from held_journeys anti join gone using (drop_id, drop_row)
),

travelling as (
    select driver_identity_key as identity_key from kept
    union distinct
    select passenger_identity_key as identity_key from kept
),

asked as (
    select
        unnest(string_split(person_digests, ' ')) as person_digest,
        person_digests as person
    from held_requests
    where kind = 'restrict'
),

limited as (
    select
        restrictions.filename,
        coalesce(max(asked.person), restrictions.person_digest) as person,
        bool_or(travelling.identity_key is not null) as is_travelling
    from held_restrictions as restrictions
    left join asked on restrictions.person_digest = asked.person_digest
    left join travelling on restrictions.identity_key = travelling.identity_key
    group by restrictions.filename, restrictions.person_digest
)

select filename
from limited
qualify not bool_or(is_travelling) over (partition by person)
order by filename;
