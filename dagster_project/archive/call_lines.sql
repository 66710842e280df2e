-- name: shown
-- The lines of calls beside what other authorities see, each once: `looks` is quarters of an hour and cells,
-- `figures` what the passenger pays and the driver receives as well (CONVENTION annexe 3 asks for both as they
-- are); `billed` the distance that calls add.
create or replace temp table shown as
with documents as (
    select
        false as is_line,
        authority_id,
        operator_id,
        operator_journey_id as journey_id,
        start_datetime,
        end_datetime,
        start_lat,
        start_lon,
        end_lat,
        end_lon,
        passenger_contribution,
        driver_revenue,
        null as billed_m
    from authorities.authority_views
    union all
    select
        true,
        authority_id,
        operator_id,
        journey_id,
        start_slot_at,
        end_slot_at,
        start_lat,
        start_lon,
        end_lat,
        end_lon,
        passenger_contribution_cents,
        driver_revenue_cents,
        billed_m
    from authorities.authority_journeys
    where driver_identity_key is not null
)

select distinct on (is_line, authority_id, journey)
    is_line,
    authority_id,
    hash(operator_id, journey_id) as journey,
    hash(start_datetime, end_datetime, start_lat, start_lon, end_lat, end_lon) as looks,
    hash(looks, coalesce(passenger_contribution, 0), coalesce(driver_revenue, 0)) as figures,
    hash(figures, billed_m) as billed
from documents
semi join archive.archive_accounts as due
    on due.subject = 'journeys' and due.month_on = date_trunc('month', timezone('Europe/Paris', start_datetime));

-- name: alone
-- A line is alone where its authority has no other like it; it is linked where it is alone, and one row of
-- another authority looks like it: whoever holds both documents knows that two pseudonyms are one person.
select
    avg((with_looks = 1)::int),
    avg((with_figures = 1)::int),
    avg((with_billed = 1)::int)
from (
    select
        count(*) over (partition by authority_id, looks) as with_looks,
        count(*) over (partition by authority_id, figures) as with_figures,
        count(*) over (partition by authority_id, billed) as with_billed
    from shown
    where is_line
);

-- name: linked
-- By either fingerprint: the lines, those that another authority sees, and those of them that tie two pseudonyms.
with known as (
    select
        *,
        count(*) over (partition by fingerprint, is_line, authority_id, value) as alike
    from (
        select
            is_line,
            authority_id,
            journey,
            'places' as fingerprint,
            looks as value
        from shown
        union all
        select
            is_line,
            authority_id,
            journey,
            'figures' as fingerprint,
            figures as value
        from shown
    )
),

lines as (
    select
        lines.fingerprint,
        lines.authority_id,
        lines.journey,
        lines.alike,
        others.authority_id as other,
        bool_or(others.journey = lines.journey) as is_seen,
        bool_or(others.journey = lines.journey and others.alike = 1) as is_one
    from known as lines
    inner join known as others
        on
            lines.fingerprint = others.fingerprint
            and lines.value = others.value
            and lines.authority_id != others.authority_id
    where lines.is_line and not others.is_line
    group by all
)

select
    fingerprints.fingerprint,
    (select count_if(is_line) from shown) as lines,
    count(distinct row(lines.authority_id, lines.journey)) filter (lines.is_seen) as seen,
    count(distinct row(lines.authority_id, lines.journey)) filter (lines.is_one and lines.alike = 1) as linked
from (values ('places'), ('figures')) as fingerprints (fingerprint)
left join lines using (fingerprint)
group by fingerprints.fingerprint
order by fingerprints.fingerprint desc;
