"""Any bytes get an answer and lose no row: real drops, mutated. `make fuzz` tries five thousand."""

import gzip
import json
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.contracts.lake_tables import TABLES
from dagster_project.drops.claim import claim
from dagster_project.drops.ingest import ingest
from dagster_project.drops.known import Known
from dagster_project.drops.outcome import Outcome
from dagster_project.drops.troubles import Troubles
from dagster_project.lake.store import Lake
from dagster_project.sample import Spec, generate
from tests.support.drop_rows import JSON_ROW

from .conftest import REFERENCE, make_known

NIGHT = Spec().last_day
SPLICES = (
    *(b'"', b'""', b'"\n', b",", b";", b"\n", b"\r", b"\r\n", b"\n\n", b"\0", b"\xff", b"\xe9"),
    *(b"\xef\xbb\xbf", b"x" * 2_000),
    *(b"=1+1", b"@A1", b"{", b"[]", b"null", b"NaN", b"1e999", b"-0", b"\x1e", b"\x85", "\u2028".encode()),
    *("é".encode(), "А".encode(), "９".encode(), b"+33639980001", b"01/01/2021 00:00", b" " * 300),
)  # fmt: skip
mutations = st.lists(
    st.tuples(
        st.sampled_from(["insert", "replace", "delete", "repeat", "cut"]),
        st.floats(0, 1, exclude_max=True),
        st.integers(0, 400),
        st.sampled_from(SPLICES),
    ),
    min_size=1,
    max_size=12,
)


def mutated(content: bytes, changes: list[tuple[str, float, int, bytes]]) -> bytes:
    for kind, where, length, splice in changes:
        at = int(where * len(content))
        before, found, after = content[:at], content[at : at + length], content[at + length :]
        content = {
            "insert": before + splice + found + after,
            "replace": before + splice + after,
            "delete": before + after,
            "repeat": before + found + found + after,
            "cut": before,
        }[kind]
    return content


@pytest.fixture(scope="module")
def known() -> Known:
    return make_known(frozenset({"karavane"}))


@pytest.fixture(scope="module")
def originals() -> list[bytes]:
    drops, _ = generate(Spec(journeys=250, nights=1), REFERENCE)
    plain = [drop.content for drop in drops]
    plain = [gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content for content in plain]
    api = "\n".join(json.dumps(JSON_ROW | {"operator_journey_id": f"T-{n}"}) for n in range(40))
    return [*plain, api.encode()]


@pytest.mark.slow
@given(changes=mutations, file=st.integers(0, 4), is_gzipped=st.booleans())
def test_a_mutated_file_is_answered_and_loses_no_row(
    originals: list[bytes],
    known: Known,
    changes: list[tuple[str, float, int, bytes]],
    file: int,
    is_gzipped: bool,
) -> None:
    content = mutated(originals[file % len(originals)], changes)
    home = Path(tempfile.mkdtemp(prefix="fuzz-"))
    try:
        lake = Lake(home)
        incoming = lake.drops / "karavane" / "incoming"
        incoming.mkdir(parents=True)
        (incoming / "mutant.csv").write_bytes(gzip.compress(content, 1) if is_gzipped else content)
        (drop,) = claim(lake.drops, Troubles())
        check(ingest(drop, lake, known, NIGHT, Troubles()), lake, content)
    finally:
        shutil.rmtree(home)


def check(outcome: Outcome, lake: Lake, content: bytes) -> None:
    (answer,) = (lake.drops / "karavane" / "feedback").glob("*.json")
    told = json.loads(answer.read_text("utf-8"))
    names = ("journeys", "cancellations", "rejected_rows", "findings")
    journeys, cancelled, rejected, found = (_rows(lake, name) for name in names)
    taken = journeys + cancelled
    if outcome.refused:
        assert told["refus"]["motif"] and "{" not in told["refus"]["motif"]
        assert taken == rejected == found == []
        return
    assert outcome.rows == told["lignes_lues"] == told["lignes_acceptees"] + told["lignes_rejetees"]
    assert (len(taken), len(rejected)) == (outcome.accepted, outcome.rejected)
    assert sorted(taken + rejected) == list(range(1, outcome.rows + 1))
    assert set(rejected) <= set(found)
    if b'"' not in content and outcome.layout:
        text = content.removeprefix(b"\xef\xbb\xbf").decode()
        lines = [line for line in text.split("\n") if line.strip("\r\n \t")]
        has_header = lines[0].lstrip().startswith(("journey_id", "operator_journey_id"))
        assert outcome.rows == len(lines) - has_header


def _rows(lake: Lake, table: str) -> list[int]:
    return lake.read(TABLES[table])["drop_row"].to_list()
