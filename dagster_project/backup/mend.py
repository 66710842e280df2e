"""Brings single files of the lake back: each from the newest copy that has it as it must be.

How it must be is known beside the lake: of the ledger's files by the witness, of others by the register that
the last run left. So no copy gives back what was erased since. Not here: a whole home (restore). Why: D-325.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from dagster_project.backup import copies
from dagster_project.contracts.ledger import CAMPAIGN_CAP_USES, CHECKPOINTS, CLOSINGS, LEDGER_ENTRIES, part_of
from dagster_project.files.disk import replacing
from dagster_project.lake import register
from dagster_project.lake.keys import KeyFileError
from dagster_project.lake.store import Lake
from dagster_project.ledger.chain import UNREADABLE, closing_hash, entries_hash
from dagster_project.proof import witness
from dagster_project.proof.checkpoint import Checkpoint
from dagster_project.settings import settings

_MANY = 1_000  # files: beyond, a copy's whole lake is looked at, for a command line has an end
_Check = Callable[[Path], bool]


@dataclass(frozen=True)
class Mended:
    """Files of the lake, by their place in the home."""

    back: dict[str, copies.Copy]  # each from that copy
    missing: list[str]  # which no copy has as they must be


def mend(lake: Lake) -> Mended:
    """Look for what is gone, torn or another, and bring it back. The home's lock must be held (`mends`).

    Raises CopyError, RegisterError, KeyFileError.
    """
    wanted = dict(_damaged(lake))
    if wanted and not settings().backup:
        raise copies.CopyError(copies.NO_PLACE)
    back = dict[str, copies.Copy]()
    for copy in reversed(copies.copies(lake)) if wanted else ():
        lake.scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
        with TemporaryDirectory(dir=lake.scratch) as folder:
            names = list(wanted) if len(wanted) <= _MANY else ["lake"]
            copies.bring_back(lake, copy.copy_id, Path(folder), names)
            for name, is_right in list(wanted.items()):  # closings first: what else of one is right, they say
                if (file := Path(folder, name)).exists() and is_right(file):
                    with replacing(lake.home / name, durable=True) as beside:
                        shutil.copyfile(file, beside)
                    back[name] = copy
                    del wanted[name]
    return Mended(back, list(wanted))


def _damaged(lake: Lake) -> Iterator[tuple[str, _Check]]:
    """Each such file, with what tells the right one."""
    known = register.read(lake.home)
    of_closings = dict(_of_closings(lake))
    for name in register.faults(lake.home, known):
        if name not in of_closings:
            yield name, partial(_has_hash, known.get(name, (0, 0, ""))[2])
    yield from ((name, check) for name, check in of_closings.items() if not check(lake.home / name))


def _of_closings(lake: Lake) -> Iterator[tuple[str, _Check]]:
    """The files of each closing that the witness has seen, with what holds them against its checkpoint."""
    if not witness.file(lake).exists() and lake.folder(CLOSINGS).exists():
        raise KeyFileError(
            f"There is no witness at {witness.file(lake)}: which files the ledger must have is not known. "
            "Remedy: give it (ENTREPOT_WITNESS), then run the same command."
        )
    for point in map(Checkpoint.read, witness.read(witness.file(lake))):
        uses = point.body.get("plafonds_empreinte")
        for table, check in (
            (CLOSINGS, partial(_is_closing, point)),
            (LEDGER_ENTRIES, partial(_are_entries, lake, point)),
            (CHECKPOINTS, partial(_is_checkpoint, point)),
            *([(CAMPAIGN_CAP_USES, partial(_has_hash, uses))] if uses else []),
        ):
            file = lake.folder(table) / f"{part_of(point.number)}.parquet"
            yield str(file.relative_to(lake.home)), partial(_is_right, check)


def _is_right(check: _Check, file: Path) -> bool:
    try:
        return check(file)
    except UNREADABLE:
        return False


def _is_closing(point: Checkpoint, file: Path) -> bool:
    return bool(closing_hash(pl.read_parquet(file)) == point.body["cloture_empreinte"])


def _are_entries(lake: Lake, point: Checkpoint, file: Path) -> bool:
    """All their columns: the checkpoint's tree has amounts alone, the closing's row the hash of all."""
    closing = lake.folder(CLOSINGS) / file.name
    wanted = pl.read_parquet(closing)["entries_sha256"].to_list()
    return _is_closing(point, closing) and [entries_hash(pl.read_parquet(file))] == wanted


def _is_checkpoint(point: Checkpoint, file: Path) -> bool:
    return pl.read_parquet(file).select("closing_number", "line").rows() == [(point.number, point.line)]


def _has_hash(digest: str, file: Path) -> bool:
    return register.digest_of(file) == digest
