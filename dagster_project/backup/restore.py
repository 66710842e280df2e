"""Brings a home back from a copy, as it must be today: what persons asked since, what expired since, is done.

Until then the home is marked, closed to other users, and refused by every other command. Killed anywhere, the
same command starts again. Not here: the copies themselves (copies). Why: D-199.
"""

import json
import shutil
import stat
from dataclasses import dataclass
from datetime import date

from dagster_project.archive import risk
from dagster_project.archive.write import archive_due
from dagster_project.backup import copies
from dagster_project.catalogue import rows
from dagster_project.contracts.lake_tables import DROPS
from dagster_project.files.disk import put
from dagster_project.lake import schema
from dagster_project.lake.migration import migrate
from dagster_project.lake.store import Lake
from dagster_project.ledger import checkpoints, records
from dagster_project.ledger.chain import problems
from dagster_project.outputs import make_all
from dagster_project.proof import witness
from dagster_project.retention.plan import plan
from dagster_project.retention.run import prove, remove, terms
from dagster_project.retention.search import Hit
from dagster_project.retention.verdicts import keep_verdicts
from dagster_project.rights import erasure, limits
from dagster_project.rights.person import Person, known_by
from dagster_project.rights.requests import Witnessed, witnessed
from dagster_project.settings import settings
from dagster_project.warehouse import cache


class NotEmptyError(Exception):
    """A home that holds something that a copy would replace."""


class UnwitnessedError(Exception):
    """The witness saw fewer requests of persons than the copy knows of."""


@dataclass(frozen=True)
class Restored:
    """What was done before a copy was given free; persons are counted where something was held of them."""

    drops: int
    erased: int
    limited: int
    lifted: int
    to_rectify: int  # persons: what was corrected is not in the copy; they are limited until it is again
    expired_rows: int
    hits: tuple[Hit, ...]  # where something removed was still found
    troubles: tuple[str, ...]
    ledger_problems: tuple[str, ...]  # what the witness knows and the copy does not


def restore(lake: Lake, business_date: date, copy_id: str, *, is_witness_lost: bool = False) -> Restored:
    """Bring a copy back into an empty home; do there what was asked, and what expired up to a business date.

    The home's lock must be held (`restores`). Without the witness nobody knows what was asked: the home stays
    closed, unless it is lost for good. Raises NotEmptyError, UnwitnessedError, CopyError, KeyFileError,
    SchemaError, BuildError.
    """
    _begin(lake)
    copies.bring_back(lake, copy_id, lake.home)
    lake.check_keys()
    try:
        schema.check(lake)
    except schema.SchemaError:
        migrate(lake)
    ledger = [*problems(lake), *checkpoints.problems(lake), *records.problems(lake)]
    drops = lake.read(DROPS).height
    done = dict.fromkeys(("erase", "restrict", "lift", "rectify"), 0)
    expired, hits, troubles = 0, list[Hit](), list[str]()
    requests, before = list(witnessed(lake)), copies.witnessed_then(lake)
    if fault := _not_witnessed(lake, len(requests), before):
        if not is_witness_lost:
            raise UnwitnessedError(
                f"{fault}: what was asked since is not known, and the home stays closed. Remedy: give this "
                "environment's witness (ENTREPOT_WITNESS, ENTREPOT_ENVIRONMENT), then run the same command; "
                "where it is lost for good, or nothing was ever closed or asked, with --witness-is-lost."
            )
        ledger.append(fault)
    # Who was rectified last: what lifted a limitation since did not see what the copy holds.
    since = sorted(requests[before:], key=lambda request: request.kind == "rectify")
    if drops:
        lake.write_catalogue(rows.read(settings().catalogue, lake))
        if since:
            cache.build(lake, business_date)  # verdicts that must outlast what goes stand there
        erased = list[tuple[Person, date]]()
        for request in since:
            if (person := known_by(lake, request.digests)) and _honour(lake, request, person):
                done[request.kind] += 1
                erased += [(person, request.business_date)] * (request.kind == "erase")
        expired = _expire(lake, business_date)
        troubles += make_all(lake, business_date).lines
        for person, day in erased:
            hits += erasure.prove(lake, person, day).hits
        hits += prove(lake)[0]
    _end(lake)
    return Restored(
        drops=drops,
        erased=done["erase"],
        limited=done["restrict"],
        lifted=done["lift"],
        to_rectify=done["rectify"],
        expired_rows=expired,
        hits=tuple(hits),
        troubles=tuple(troubles),
        ledger_problems=tuple(ledger),
    )


def _not_witnessed(lake: Lake, requests: int, before: int) -> str:
    if not witness.file(lake).exists():
        return f"there is no witness at {witness.file(lake)}"
    if requests < before:
        return f"the witness has {requests} requests of persons, and had {before} when this was copied"
    return ""


def _begin(lake: Lake) -> None:
    """Mark and close the home; what a restore that was killed has left goes."""
    if not lake.half_restored.exists():
        if held := [name for name in (*copies.FOLDERS, "warehouse") if (lake.home / name).exists()]:
            raise NotEmptyError(
                f"{lake.home} holds {', '.join(held)}, which a copy would replace. Remedy: move the home "
                "aside, or give an empty one by ENTREPOT_HOME; keys/ and drops/ may lie in it."
            )
        mode = stat.S_IMODE(lake.home.stat().st_mode)
        put(lake.half_restored, json.dumps({"mode": mode}))
    lake.home.chmod(0o700)
    for name in (*copies.FOLDERS, "warehouse"):
        shutil.rmtree(lake.home / name, ignore_errors=True)


def _end(lake: Lake) -> None:
    mode = json.loads(lake.half_restored.read_text("utf-8"))["mode"]
    lake.half_restored.unlink()
    lake.home.chmod(mode)


def _honour(lake: Lake, request: Witnessed, person: Person) -> bool:
    """Do again what was asked; whether there was anything to do."""
    if request.kind == "erase":
        erasure.erase(lake, person, request.business_date)
    elif request.kind == "lift":
        limits.lift(lake, person, request.business_date)
    elif person.journeys.is_empty():
        return False
    else:  # rectified, too: what is known to be wrong is not used
        limits.restrict(lake, person, request.business_date)
    return True


def _expire(lake: Lake, business_date: date) -> int:
    """Archive what is due, then remove what is past its term: rows of journeys that went."""
    due = plan(lake, business_date, terms())
    if due.named.height:
        cache.build(lake, business_date)
        with cache.reading(lake) as connection:
            if all(risk.bounds(risk.measures(connection))):
                archive_due(lake, connection, business_date)
            keep_verdicts(lake, connection, due)
    remove(lake, due, terms())
    return due.journeys.height
