"""Checkpoints of closings: made with each closing, and held against the ledger and the witness.

A closing's checkpoint is written before the row that commits the closing, and witnessed after it: killed
between any two, the next night completes or forgets. Not here: what a checkpoint is (proof). Why: D-144.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

import polars as pl

from dagster_project.contracts.ledger import CHECKPOINTS, CLOSINGS, LEDGER_ENTRIES, part_of
from dagster_project.lake.store import Lake
from dagster_project.proof import checkpoint, manifest, witness
from dagster_project.proof.checkpoint import Checkpoint, CheckpointError
from dagster_project.proof.signing import Signer, seal_key, signer
from dagster_project.settings import settings

_ADOPTED = "adopted-0"


@dataclass
class Notary:
    """Signs closings one after the other, and has the witness see what is committed."""

    lake: Lake
    signer: Signer
    points: list[Checkpoint] = field(default_factory=list)

    def sign(self, closing: dict[str, Any], entries: pl.DataFrame) -> None:
        """Write the checkpoint of a closing whose other files are there: it is about to be committed."""
        previous = self.points[-1] if self.points else None
        uses = checkpoint.cap_uses_sha256(self.lake, closing["closing_number"])
        point = checkpoint.make(closing, entries, previous, self.signer, settings().environment, uses)
        self.lake.write(CHECKPOINTS, _rows([point]), part_of(point.number))
        self.points.append(point)

    def bear_witness(self) -> None:
        """Append what the witness has not seen yet. Raises KeyFileError."""
        file = witness.file(self.lake)
        seen = len(witness.read(file))
        witness.append(file, [point.line for point in self.points[seen:]])


def notary(lake: Lake) -> Notary:
    """Who signs the closings of this run; its keys are there before the first. Raises KeyFileError."""
    seal_key(lake)
    return Notary(lake, signer(lake), list(checkpoint.held(lake)))


def complete(lake: Lake) -> int:
    """What a killed night or an older version left: unseen checkpoints, closings and manifests unsigned.

    To be called once `problems` finds none. Returns how many closings of an older version were signed: once.
    """
    adopted = _adopted(lake) if _is_older(lake) else []
    if adopted:
        file = witness.file(lake)
        manifest.adopt(lake, signer(lake))
        seal_key(lake)
        witness.append(file, [point.line for point in adopted[len(witness.read(file)) :]])
        lake.write(CHECKPOINTS, _rows(adopted), _ADOPTED)
    elif checkpoint.held(lake):
        notary(lake).bear_witness()
    return len(adopted)


def problems(lake: Lake, *, rebuild: bool = False, but: Collection[int] = ()) -> Iterator[str]:
    """What ledger, checkpoints and witness say differently: one sentence each.

    `rebuild`: each tree is made again from the entries, too. Without, entries are held through the hash that
    their closing's row has of them (chain). `but`: closings whose files need not be read.
    Raises KeyFileError.
    """
    closings = lake.read(CLOSINGS).sort("closing_number").to_dicts()
    seen = witness.read(witness.file(lake))
    if not closings and not seen:
        return
    try:
        held = list(checkpoint.held(lake))
        if _is_older(lake):
            held = _adopted(lake)
            if held and not seen and manifest.names_a_checkpoint(lake):
                yield "documents name checkpoints, and neither ledger nor witness holds any"
            if [point.line for point in held[: len(seen)]] == seen[: len(held)]:
                seen += [point.line for point in held[len(seen) :]]
    except CheckpointError as error:
        yield str(error)
        return
    yield from _chained(held, closings, signer(lake), settings().environment)
    yield from _witnessed(held, seen)
    for point in (point for point in held if point.number not in but):
        # A checkpoint of an older version says nothing of them.
        if point.body.get("plafonds_empreinte") not in (None, checkpoint.cap_uses_sha256(lake, point.number)):
            yield f"closing {point.number}: what it used of its campaign's caps was changed"
    for closing in closings if rebuild else ():
        number = closing["closing_number"]
        tree = checkpoint.tree(closing, lake.read(LEDGER_ENTRIES, part_of(number)))
        if number <= len(held) and tree.root != held[number - 1].body["racine"]:
            yield f"closing {number}: its entries are not those of its checkpoint"


def _chained(
    held: list[Checkpoint], closings: list[dict[str, Any]], signs: Signer, environment: str
) -> Iterator[str]:
    previous = ""
    for place, (point, closing) in enumerate(zip_longest(held, closings), 1):
        if point is None:
            yield f"closing {place} has no checkpoint: it was added, or its checkpoint was removed"
        elif not point.is_signed(signs):
            yield f"checkpoint {place}: not signed by the registry's key"
        elif (point.number, point.body["precedent"], point.body["registre"]) != (
            place,
            previous,
            environment,
        ):
            yield f"checkpoint {place}: it does not follow the one before it"
        elif point.body["cloture_empreinte"] != closing["closing_sha256"]:
            yield f"closing {place} is not the one that its checkpoint signs: it was rewritten"
        previous = point.sha256 if point else ""


def _witnessed(held: list[Checkpoint], seen: list[str]) -> Iterator[str]:
    """A killed night may leave its own checkpoints unseen; nothing else may be missing on either side."""
    for place, (point, line) in enumerate(zip_longest(held, seen), 1):
        if point is None:
            yield f"closing {place} was deleted: the witness has its checkpoint"
        elif line is None and point.closed_on != held[-1].closed_on:
            yield f"the witness lacks checkpoint {place}: lines were removed from it"
        elif line is not None and line != point.line:
            yield f"the witness saw another checkpoint {place} than the ledger holds"


def _is_older(lake: Lake) -> bool:
    """Whether the ledger was closed by a version that signed nothing."""
    return lake.read(CLOSINGS).height > 0 and not any(lake.folder(CHECKPOINTS).glob("*.parquet"))


def _adopted(lake: Lake) -> list[Checkpoint]:
    """The checkpoints of closings that were made without."""
    points: list[Checkpoint] = []
    for closing in lake.read(CLOSINGS).sort("closing_number").to_dicts():
        entries = lake.read(LEDGER_ENTRIES, part_of(closing["closing_number"]))
        previous = points[-1] if points else None
        uses = checkpoint.cap_uses_sha256(lake, closing["closing_number"])
        signs = signer(lake)
        points.append(checkpoint.make(closing, entries, previous, signs, settings().environment, uses))
    return points


def _rows(points: list[Checkpoint]) -> pl.DataFrame:
    return pl.DataFrame(
        {"closing_number": [point.number for point in points], "line": [point.line for point in points]},
        schema=CHECKPOINTS.empty.schema,
    )
