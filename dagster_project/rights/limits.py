"""Limits and lifts the processing of one person, and rectifies what is held of one (RGPD articles 16, 18).

What is made from the lake is to be made anew afterwards. Why: D-171.
"""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import polars as pl

from dagster_project.attestations import withdrawal
from dagster_project.contracts.attestations import ATTESTATIONS
from dagster_project.contracts.lake_tables import IDENTITIES, JOURNEYS, Table
from dagster_project.contracts.rights import RESTRICTIONS
from dagster_project.drops.troubles import Troubles
from dagster_project.lake.store import Lake
from dagster_project.reports.shared.signatory import Signatory
from dagster_project.retention import drop_files, exports
from dagster_project.retention.verdicts import keep_while_limited, kept_while_limited, release
from dagster_project.rights.erasure import exports_of, restrictions_of
from dagster_project.rights.person import Person, RequestError, find
from dagster_project.rights.requests import record
from dagster_project.warehouse import cache


def restrict(lake: Lake, person: Person, business_date: date) -> None:
    """Keep a person's journeys and use them no more, until `lift`: nothing past staging sees them.

    What is closed stands; what is not waits, and is paid as late once lifted. What others are refused for
    beside them stays refused. Raises RequestError.
    """
    if person.journeys.is_empty():
        raise RequestError("nobody of this name is held: there is nothing to limit")
    if lake.cache_file.exists():
        with cache.reading(lake) as connection:
            keep_while_limited(lake, connection, person.journeys, person.digests[0])
    for identity_key, digest in zip(person.keys, person.digests, strict=True):
        _limit(lake, identity_key, digest, business_date)
    withdrawn = list(exports_of(lake, person))
    given = list(withdrawal.pdfs(lake, withdrawal.of_person(lake, person.digests)))
    record(lake, business_date, "restrict", person, files=len(withdrawn) + len(given))
    for file in withdrawn:
        exports.remove(Signatory(lake), file)
    _withdraw(lake, given)


def lift(lake: Lake, person: Person, business_date: date) -> None:
    """Use a person's journeys again."""
    limited = list(restrictions_of(lake, person))
    record(lake, business_date, "lift", person, files=len(limited))
    for file in limited:
        file.unlink()
    release(lake, person.digests)


def rectify(lake: Lake, person: Person, corrections: dict[str, str], business_date: date) -> None:
    """Correct who a person is, in every file of the lake that says so.

    Another phone is another identity key: journeys bear it from then on, and what is closed is adjusted in
    the next call, as when the operator corrects a journey. Raises RequestError.
    """
    if person.identities.is_empty():
        raise RequestError("nobody of this name is held: there is nothing to rectify")
    record(lake, business_date, "rectify", person, detail=" ".join(sorted(corrections)))
    changed = {name: pl.lit(value) for name, value in corrections.items()}
    if phone := corrections.get("phone"):
        now = find(lake, {"phone": phone})
        for role in ("driver_identity_key", "passenger_identity_key"):
            _rewrite(lake, JOURNEYS, role, person.keys, {role: pl.lit(now.keys[0])})
        changed |= {"identity_key": pl.lit(now.keys[0]), "phone_trunc": pl.lit(None, pl.String)}
        for file in restrictions_of(lake, person):
            _limit(lake, now.keys[0], now.digests[0], business_date)
            file.unlink()
        # Attestations bear the phone that was wrong: out of operators' folders, still found by the person.
        _withdraw(lake, withdrawal.pdfs(lake, withdrawal.of_person(lake, person.digests)))
        _rewrite(
            lake, ATTESTATIONS, "person_digest", person.digests, {"person_digest": pl.lit(now.digests[0])}
        )
        for digest in person.digests:
            if (kept := kept_while_limited(lake, digest)).exists():
                kept.replace(kept_while_limited(lake, now.digests[0]))
    # Last: killed before, the request finds all of the person's keys again.
    _rewrite(lake, IDENTITIES, "identity_key", person.keys, changed)


def _withdraw(lake: Lake, pdfs: Iterable[Path]) -> None:
    for file in pdfs:
        drop_files.remove(lake, file, Troubles())


def _limit(lake: Lake, identity_key: str, digest: str, business_date: date) -> None:
    row = {"identity_key": identity_key, "person_digest": digest, "restricted_on": business_date}
    lake.write(RESTRICTIONS, pl.DataFrame([row], schema=RESTRICTIONS.empty.schema), digest)


def _rewrite(
    lake: Lake, table: Table, column: str, keys: tuple[str, ...], changed: dict[str, pl.Expr]
) -> None:
    """Change cells in the rows whose `column` names the person, in every file of a table."""
    with lake.session() as connection:
        files = connection.execute(
            f"select distinct filename from {lake.source(table)} where list_contains($keys, {column})",
            {"keys": list(keys)},
        ).fetchall()
    for (name,) in files:
        rows = lake.rows(table, [Path(name)])
        is_theirs = pl.col(column).is_in(keys)
        cells = {column: pl.when(is_theirs).then(cell).otherwise(column) for column, cell in changed.items()}
        lake.replace(table, rows.with_columns(**cells), Path(name))
