"""What operators were answered: kept in the lake, laid into their feedback/, never read back from there."""

import hashlib
import json
import re
import stat
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal

import polars as pl

from dagster_project.contracts.lake_tables import ANSWERS
from dagster_project.drops.taken import Drop
from dagster_project.drops.troubles import Troubles
from dagster_project.files import folders
from dagster_project.lake.store import Lake

_SET_ASIDE = ("a link, a pipe or a folder stood in the place of an answer", "none: it was set aside")


def keep(lake: Lake, drop: Drop, business_date: date, answer: dict[str, Any]) -> tuple[str, bytes]:
    """Write down what a drop is answered; returns the answer's name in feedback/, and its bytes."""
    lake.write(ANSWERS, answer_row(drop, business_date, answer).drop("part"), part(drop))
    return answer_name(drop), as_json(answer)


def answer_row(drop: Drop, business_date: date, answer: dict[str, Any]) -> pl.DataFrame:
    """What a drop is answered, as the lake keeps it, and its `part`."""
    row = {
        "drop_id": drop.drop_id,
        "operator_id": drop.operator_id,
        "file_name": drop.shown_name,
        "business_date": business_date,
        "answer_name": answer_name(drop),
        "answer": as_json(answer).decode(),
        "part": part(drop),
    }
    return pl.DataFrame([row], schema={**ANSWERS.empty.schema, "part": pl.String})


def answer_name(drop: Drop) -> str:
    """The name of a drop's summary in feedback/."""
    safe = re.sub(r"[^A-Za-z0-9._\-]", "_", drop.shown_name)[:120]
    return f"{safe}.{drop.sha256[:16]}.json"


def is_kept(lake: Lake, drop: Drop) -> bool:
    """Whether this drop, under this name, was answered."""
    return any(row["file_name"] == drop.shown_name for row in kept(lake, drop.drop_id))


def kept(lake: Lake, drop_id: str | None = None) -> Iterator[dict[str, Any]]:
    """The rows of answers, of all drops or of one, the answer as an object."""
    rows = pl.concat([ANSWERS.empty, *lake.of_drop(ANSWERS, drop_id)]) if drop_id else lake.read(ANSWERS)
    for row in rows.sort("drop_id", "answer_name").to_dicts():
        yield row | {"answer": json.loads(row["answer"])}


def answers(lake: Lake, drop: str) -> list[dict[str, Any]]:
    """The rows of answers to drops of that file name, or whose SHA-256 begins so."""
    return [
        row
        for row in kept(lake)
        if row["file_name"] == drop or row["answer"]["empreinte_sha256"].startswith(drop)
    ]


def lines_name(answer_name: str) -> str:
    """The name of the lines beside a summary."""
    return f"{answer_name.removesuffix('.json')}.csv"


def as_json(answer: dict[str, Any]) -> bytes:
    """An answer as operators read it."""
    return (json.dumps(answer, ensure_ascii=False, indent=2) + "\n").encode()


def deliver(
    lake: Lake,
    operator_id: str,
    files: Mapping[str, bytes | Path | None],
    troubles: Troubles,
    *,
    where: Literal["anywhere", "one is", "none is"] = "anywhere",
    root: Path | None = None,
) -> bool:
    """Lay files into an operator's feedback/, or take those of no content away; what hinders is told.

    `where`: an operator may have taken its answer away. `root`: of operators' folders, by default those of
    drops. Returns whether one was laid.
    """
    laid = False
    creates = where != "one is" and any(content is not None for content in files.values())
    with (
        troubles.telling(operator_id, "feedback/"),
        folders.within(root or lake.drops, operator_id) as own,
    ):
        if not creates and own.status("feedback") is None:
            return False
        with own.below("feedback", make=creates) as feedback:
            for name, content in files.items():
                place = f"feedback/{name}"
                with troubles.telling(operator_id, place):
                    before = feedback.status(name)
                    if content is None:
                        if before and not stat.S_ISDIR(before.st_mode):
                            feedback.remove(name)
                    elif where == "anywhere" or bool(before) == (where == "one is"):
                        if not feedback.write(name, content):
                            troubles.tell(operator_id, place, *_SET_ASIDE)
                        laid = True
    return laid


def part(drop: Drop) -> str:
    """The name of an answer's file in the lake."""
    return f"{drop.drop_id}-{hashlib.sha256(drop.shown_name.encode()).hexdigest()[:8]}"
