"""What is written down once beside closings: a night's files are signed, written, then told to the witness.

Killed in between, the record is of the files that are there, once the next one is made or the next night
begins. Not here: what is decided, and closings (checkpoints). Why: D-187.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any

import polars as pl

from dagster_project.contracts.advances import ADVANCE_ALERTS, ADVANCES, POT_REVIEWS
from dagster_project.contracts.invoice_statuses import INVOICE_REPLACEMENTS
from dagster_project.contracts.lake_table import Table
from dagster_project.contracts.ledger import CALL_RECEIPTS, CLOSING_TERMS, RECORDS
from dagster_project.lake.store import Lake
from dagster_project.proof import witness
from dagster_project.proof.checkpoint import canonical
from dagster_project.proof.signing import signer
from dagster_project.settings import settings

_PURPOSE = "acte"
_TABLES = {
    table.name: table
    for table in (
        *(ADVANCES, ADVANCE_ALERTS, POT_REVIEWS, CALL_RECEIPTS, CLOSING_TERMS),
        INVOICE_REPLACEMENTS,
    )
}


def write(lake: Lake, files: Sequence[tuple[Table, pl.DataFrame, str]]) -> None:
    """Write files for good: a table among those above, its rows, the part's name. Raises KeyFileError."""
    if not files:
        return
    complete(lake)
    hashes = {f"{table.name}/{part}": _hash(rows) for table, rows, part in files}
    _sign(lake, len(_lines(lake)) + 1, hashes)
    for table, rows, part in files:
        lake.write(table, rows, part)
    _bear_witness(lake)


def complete(lake: Lake) -> None:
    """Sign what an older version left; end what a killed night began. Raises KeyFileError.

    To be called once `problems` finds none.
    """
    lines, files = _lines(lake), _files(lake)
    if not lines and files:
        _sign(lake, 1, {name: _hash(_rows(lake, name)) for name in files})
    elif len(lines) > len(witness.read(witness.file(lake), _PURPOSE)):
        hashes = json.loads(lines[-1])["acte"]["empreintes"]
        _sign(lake, len(lines), {name: digest for name, digest in hashes.items() if name in files})
    _bear_witness(lake)


def problems(lake: Lake) -> Iterator[str]:
    """What files, their signed records and the witness say differently: one sentence each.

    Raises KeyFileError.
    """
    lines, seen = _lines(lake), witness.read(witness.file(lake), _PURPOSE)
    if not lines and not seen:
        return  # of an older version
    signs, signed = signer(lake), set()
    for number, (line, witnessed) in enumerate(zip_longest(lines, seen), 1):
        if line is None:
            yield f"record {number} was deleted: the witness has it"
            continue
        if witnessed not in (None, line) or (witnessed is None and number < len(lines)):
            yield f"the witness has not seen record {number} as lake/warehouse/records holds it"
        act = _act(line)
        if act is None or not signs.holds(_PURPOSE, canonical(act["acte"]), act["signature"]):
            yield f"record {number}: not signed by the registry's key"
        elif (act["acte"]["numero"], act["acte"]["registre"]) != (number, settings().environment):
            yield f"record {number}: it is another's"
        else:
            hashes = act["acte"]["empreintes"]
            signed.update(hashes)
            yield from _changed(lake, hashes, was_ended=witnessed is not None)
    for name in sorted(_files(lake) - signed):
        yield f"lake/warehouse/{name}.parquet is in no signed record: it was added"


def _changed(lake: Lake, hashes: dict[str, str], *, was_ended: bool) -> Iterator[str]:
    """A night that was killed may lack files of its own record; nothing else may be missing or differ."""
    files = _files(lake)
    for name, expected in hashes.items():
        if name not in files:
            if was_ended:
                yield f"lake/warehouse/{name}.parquet was deleted"
        elif _hash(_rows(lake, name)) != expected:
            yield f"lake/warehouse/{name}.parquet is not as it was written"


def _sign(lake: Lake, number: int, hashes: dict[str, str]) -> None:
    act = {"registre": settings().environment, "numero": number, "empreintes": hashes}
    signature = signer(lake).sign(_PURPOSE, canonical(act))
    line = canonical({"acte": act, "signature": signature}).decode()
    row = pl.DataFrame({"record_number": [number], "line": [line]}, schema=RECORDS.empty.schema)
    lake.write(RECORDS, row, f"record-{number:06d}-0")


def _bear_witness(lake: Lake) -> None:
    file = witness.file(lake)
    if unseen := _lines(lake)[len(witness.read(file, _PURPOSE)) :]:
        witness.append(file, unseen)


def _lines(lake: Lake) -> list[str]:
    return lake.read(RECORDS).sort("record_number")["line"].to_list()


def _act(line: str) -> dict[str, Any] | None:
    try:
        content = json.loads(line)
        return content if {"registre", "numero", "empreintes"} == set(content["acte"]) else None
    except (KeyError, TypeError, ValueError):
        return None


def _files(lake: Lake) -> set[str]:
    """Every file that a record must be of, as `table/part`."""
    return {
        f"{name}/{file.stem}"
        for name, table in _TABLES.items()
        for file in lake.folder(table).glob("*.parquet")
    }


def _rows(lake: Lake, name: str) -> pl.DataFrame:
    table, part = name.split("/")
    return lake.read(_TABLES[table], part)


def _hash(rows: pl.DataFrame) -> str:
    """SHA-256 over a file's rows as JSON: the same whoever writes the Parquet."""
    text = json.dumps(rows.to_dicts(), default=str, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
