"""The register of requests: what was asked when, what was done, and the proof; it names nobody.

What changes what is held is told to the witness first: who brings back a copy of the home does it again.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import polars as pl

from dagster_project.contracts.lake_tables import DROPS, IDENTITIES
from dagster_project.contracts.rights import REQUESTS
from dagster_project.identity.keys import request_digests
from dagster_project.lake.store import Lake
from dagster_project.proof import witness
from dagster_project.proof.checkpoint import canonical
from dagster_project.proof.signing import signer
from dagster_project.rights.person import Person
from dagster_project.settings import settings

_PURPOSE = "demande"
_LASTING = ("rectify", "erase", "restrict", "lift")


@dataclass(frozen=True)
class Witnessed:
    """A request as the witness has seen it: the person by digests of identity keys, which name nobody."""

    business_date: date
    kind: str
    digests: tuple[str, ...]


def record(
    lake: Lake,
    business_date: date,
    kind: str,
    person: Person,
    *,
    files: int = 0,
    detail: str = "",
    proof: tuple[int, int, int] | None = None,
) -> None:
    """Write a request down, in the place of what the same one of that day has said.

    One that was killed has counted rows that are gone when it runs again: the larger counts stay. Raises
    KeyFileError where the witness cannot be written.
    """
    if kind in _LASTING and not lake.half_restored.exists():  # then the witness has it
        _bear_witness(lake, Witnessed(business_date, kind, person.digests))
    part = f"{business_date}-{kind}-{person.digests[0][:16]}"
    before = lake.read(REQUESTS, part)
    counts = {
        "journeys": person.journeys.height,
        "persons_rows": person.identities.height,
        "rejected_rows": person.rejected.height,
        "files": files,
    }
    if before.height:
        counts = {name: max(count, before[name][0]) for name, count in counts.items()}
    searched, files_searched, files_found = proof or (None, None, None)
    row = {
        "business_date": business_date,
        "kind": kind,
        "person_digests": " ".join(person.digests),
        **counts,
        "detail": detail,
        "values_searched": searched,
        "files_searched": files_searched,
        "files_found": files_found,
    }
    lake.write(REQUESTS, pl.DataFrame([row], schema=REQUESTS.empty.schema), part)


def witnessed(lake: Lake) -> Iterator[Witnessed]:
    """What persons have asked of this environment, as the registry signed it, in the order of the witness.

    Raises KeyFileError.
    """
    signs = signer(lake)
    for line in witness.read(witness.file(lake), _PURPOSE):
        content = json.loads(line)
        asked = content[_PURPOSE]
        is_ours = asked["registre"] == settings().environment
        if is_ours and signs.holds(_PURPOSE, canonical(asked), content["signature"]):
            yield Witnessed(
                date.fromisoformat(asked["jour"]), asked["nature"], tuple(asked["personnes"].split())
            )


def _bear_witness(lake: Lake, request: Witnessed) -> None:
    if request in list(witnessed(lake))[-1:]:
        return  # its proof, or a run again
    asked = {
        "registre": settings().environment,
        "jour": request.business_date.isoformat(),
        "nature": request.kind,
        "personnes": " ".join(request.digests),
    }
    signature = signer(lake).sign(_PURPOSE, canonical(asked))
    witness.append(witness.file(lake), [canonical({_PURPOSE: asked, "signature": signature}).decode()])


def record_returns(lake: Lake, business_date: date) -> dict[str, int]:
    """Persons erased, or renamed, whom tonight's drops have brought back: how many, by operator.

    They are new data, and stay; the register says who sends them again, by the digest alone.
    """
    is_renamed = (pl.col("kind") == "rectify") & pl.col("detail").str.contains(r"\bphone\b")
    asked = lake.read(REQUESTS).filter((pl.col("kind") == "erase") | is_renamed)
    known = {digest for row in asked["person_digests"] for digest in row.split()}
    tonight = lake.read(DROPS).filter(business_date=business_date)["drop_id"].to_list()
    if not known or not tonight:
        return {}
    with lake.session() as connection:
        people = connection.execute(
            f"select operator_id, identity_key from {lake.source(IDENTITIES)} "
            "where list_contains($drops, drop_id) group by all",
            {"drops": tonight},
        ).pl()
    key = lake.secret("identity")
    back = people.with_columns(digest=request_digests(people["identity_key"], key))
    back = back.filter(pl.col("digest").is_in(list(known)))
    for digest, operators in (
        back.group_by("digest").agg(pl.col("operator_id").sort()).sort("digest").iter_rows()
    ):
        row = dict.fromkeys(REQUESTS.columns) | {
            "business_date": business_date,
            "kind": "return",
            "person_digests": digest,
            "detail": " ".join(operators),
            **dict.fromkeys(("journeys", "persons_rows", "rejected_rows", "files"), 0),
        }
        lake.write(
            REQUESTS,
            pl.DataFrame([row], schema=REQUESTS.empty.schema),
            f"{business_date}-return-{digest[:16]}",
        )
    return dict(back["operator_id"].value_counts().sort("operator_id").iter_rows())
