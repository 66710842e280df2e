"""A night's drops of every form: right ones, wrong ones, and files that are refused whole."""

import gzip
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from dagster_project.contracts.layouts import V2_COLUMNS, V3_COLUMNS
from dagster_project.drops.claim import Offer, claim
from dagster_project.drops.troubles import Troubles
from dagster_project.lake.store import Lake
from dagster_project.sample import Spec, generate, write
from tests.conftest import REFERENCE
from tests.support.drop_rows import JSON_ROW, csv_of, v2, v3

SPEC = Spec(journeys=250, nights=1)
NIGHT = SPEC.last_day


def deliveries() -> Iterator[tuple[str, str, bytes]]:
    """Operator, name, content: what looks across rows, whole files that are refused, every form."""
    twice = [v3(), v3(distance="9900"), v3(operator_journey_id=""), v3(operator_journey_id="", distance="9")]
    one = csv_of([v3(operator_journey_id="T-8")], V3_COLUMNS)
    cut = [v3(operator_journey_id=f"{n}000000000000000") for n in range(1, 4)]
    long = [*cut[:1], *(v3(operator_journey_id=f"{n}23456789012345678") for n in range(1, 4))]
    truncated = {"driver__identity__phone": "", "driver__identity__phone_trunc": "06399800"}
    same_user = [v3(driver__identity__operator_user_id="a", **truncated)]
    for operator in ("karavane", "alpimob"):
        yield operator, "conflits.csv", csv_of(twice, V3_COLUMNS).encode()
        yield operator, "meme_identifiant.csv", csv_of([v3(distance="9901")], V3_COLUMNS).encode()
        yield operator, "tronque.csv", csv_of(same_user, V3_COLUMNS).encode()
        yield (
            operator,
            "trajets.csv",
            csv_of([v2(), v2(journey_id="T-2", operator_class="D")], V2_COLUMNS).encode(),
        )
    many = [v3(operator_journey_id=f"G-{n if n % 10 else 0}", distance=str(9_800 + n)) for n in range(1_000)]
    yield "alpimob", "grand.csv", csv_of(many, V3_COLUMNS).encode()
    yield "karavane", "coupes.csv", csv_of(cut, V3_COLUMNS).encode()
    yield "karavane", "longs.csv.gz", gzip.compress(csv_of(long, V3_COLUMNS).encode(), mtime=0)
    yield "karavane", "annulations.csv", b"operator_journey_id,status\nT-1,cancelled\nT-2,new\n"
    yield "karavane", "objets.jsonl", f"{json.dumps(JSON_ROW)}\n{{\n".encode()
    yield "karavane", "reste.csv", one.replace("\n", "\nshort\n", 1).encode() + b'"open'
    yield "karavane", "vide.csv", b""
    yield "karavane", "inconnu.csv", b"a,b\n1,2\n"
    yield "karavane", "autre.csv", csv_of([v3(operator="alpimob")], (*V3_COLUMNS, "operator")).encode()
    for name in ("encore.csv", "encore_encore.csv", "toujours.csv"):
        yield "alpimob", name, one.encode()
    yield "personne", "a.csv", one.encode()


def delivered(home: Path) -> tuple[Lake, list[Offer]]:
    lake = Lake(home)
    write(generate(SPEC, REFERENCE)[0], lake.drops)
    noon = datetime(2021, 2, 28, 12, tzinfo=UTC).timestamp()
    for number, (operator, name, content) in enumerate(deliveries()):
        file = lake.drops / operator / "incoming" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        os.utime(file, (noon + number * 7_000,) * 2)  # the first ones before their journeys end
    return lake, claim(lake.drops, Troubles())
