"""What two authorities could tell each other by the lines of fund calls: measured with the exports' risk.

Two authorities have no pseudonym in common; a line that looks like no other in both hands ties theirs.
Not here: which columns a line has (dbt/models/authorities), what the archive gives away (risk).
"""

import duckdb

# The lines of calls beside what other authorities see, each once: `looks` is quarters of an hour and cells,
# `figures` what the passenger pays and the driver receives as well (CONVENTION annexe 3 asks for both as they
# are); `billed` the distance that calls add.
_LINES = """
    create or replace temp table shown as
    with documents as (
        select false as is_line, authority_id, operator_id, operator_journey_id as journey_id, start_datetime,
            end_datetime, start_lat, start_lon, end_lat, end_lon, passenger_contribution, driver_revenue,
            null as billed_m
        from authorities.authority_views
        union all
        select true, authority_id, operator_id, journey_id, start_slot_at, end_slot_at, start_lat, start_lon,
            end_lat, end_lon, passenger_contribution_cents, driver_revenue_cents, billed_m
        from authorities.authority_journeys where driver_identity_key is not null
    )
    select distinct on (is_line, authority_id, journey)
        is_line, authority_id, hash(operator_id, journey_id) as journey,
        hash(start_datetime, end_datetime, start_lat, start_lon, end_lat, end_lon) as looks,
        hash(looks, coalesce(passenger_contribution, 0), coalesce(driver_revenue, 0)) as figures,
        hash(figures, billed_m) as billed
    from documents
    semi join archive.archive_accounts as due on due.subject = 'journeys'
        and due.month_on = date_trunc('month', timezone('Europe/Paris', start_datetime))
"""
# A line is alone where its authority has no other like it; it is linked where it is alone, and one row of
# another authority looks like it: whoever holds both documents knows that two pseudonyms are one person.
_ALONE = """
    select avg((with_looks = 1)::int), avg((with_figures = 1)::int), avg((with_billed = 1)::int) from (
        select
            count(*) over (partition by authority_id, looks) as with_looks,
            count(*) over (partition by authority_id, figures) as with_figures,
            count(*) over (partition by authority_id, billed) as with_billed
        from shown where is_line
    )
"""
_LINKED = """
    with known as (
        select *, count(*) over (partition by is_line, authority_id, {fingerprint}) as alike from shown
    ),
    lines as (
        select lines.authority_id, lines.journey, lines.alike, others.authority_id as other,
            bool_or(others.journey = lines.journey) as is_seen,
            bool_or(others.journey = lines.journey and others.alike = 1) as is_one
        from known as lines
        join known as others on not others.is_line and others.authority_id != lines.authority_id
            and others.{fingerprint} = lines.{fingerprint}
        where lines.is_line
        group by all
    )
    select
        (select count(*) from shown where is_line),
        count(distinct (authority_id, journey)) filter (is_seen),
        count(distinct (authority_id, journey)) filter (is_one and alike = 1)
    from lines
"""


def call_lines(connection: duckdb.DuckDBPyConnection) -> dict[str, float]:
    """Shares of the lines of fund calls: alone in their authority's; tying two authorities' persons together.

    Each by place and time, then with contribution and revenue as annexe 3 has them, then with the distance.
    """
    connection.execute(_LINES)
    shares = dict(zip(("places", "figures", "distance"), connection.sql(_ALONE).fetchall()[0], strict=True))
    metrics = {f"call_lines_alone_by_{name}": share or 0.0 for name, share in shares.items()}
    for name, fingerprint in (("places", "looks"), ("figures", "figures")):
        lines, seen, linked = connection.sql(_LINKED.format(fingerprint=fingerprint)).fetchall()[0]
        metrics["call_lines_of_two_authorities"] = seen / lines if lines else 0.0
        metrics[f"share_of_them_linked_by_{name}"] = linked / seen if seen else 0.0
    return metrics
