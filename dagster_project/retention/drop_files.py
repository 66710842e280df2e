"""Raw drops and answers in the operators' folders whose term is over; no link out of them is followed."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path

from dagster_project.contracts.terms import PARIS, Term
from dagster_project.drops.claim import is_unfinished, operators
from dagster_project.lake import Lake


def due(lake: Lake, business_date: date, terms: Mapping[str, Term]) -> Iterator[tuple[str, Path]]:
    """The rule and the path of each folder of processed drops, unfinished delivery and answer to remove."""
    for operator in operators(lake.drops):
        for rule, path, day in (*_drops(operator), *_answers(operator / "feedback")):
            if terms[rule].ends_on(day) <= business_date:
                yield rule, path


def remove(path: Path) -> None:
    """Delete a file, a link (not what it points to) or a folder."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _drops(operator: Path) -> Iterator[tuple[str, Path, date]]:
    for folder in sorted((operator / "processed").glob("*")):
        try:
            yield "drops", folder, date.fromisoformat(folder.name)
        except ValueError:  # put there by the operator
            yield "drops", folder, _changed_on(folder)
    for file in sorted((operator / "incoming").iterdir()):
        if is_unfinished(file):  # given up: a file that is whole is taken the same night
            yield "drops", file, _changed_on(file)


def _answers(feedback: Path) -> Iterator[tuple[str, Path, date]]:
    for file in sorted(feedback.glob("*")):
        summary = file.with_suffix(".json")
        try:
            day = date.fromisoformat(json.loads(summary.read_text("utf-8"))["date_de_traitement"])
        except (OSError, ValueError, KeyError, TypeError):  # the folder is the operator's, who may change it
            day = _changed_on(file)
        # The summary goes last: it dates the lines beside it.
        yield "rejected", file, day


def _changed_on(file: Path) -> date:
    return datetime.fromtimestamp(os.lstat(file).st_mtime, PARIS).date()
