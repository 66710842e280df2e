"""Raw drops and answers in the operators' folders whose term is over; no link out of them is followed."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path

import polars as pl

from dagster_project.contracts.terms import PARIS, Term
from dagster_project.csv_out import PEOPLE, write_csv
from dagster_project.drops.claim import is_unfinished, operators
from dagster_project.lake import Lake, replacing


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


def of_drops(lake: Lake, drop_ids: set[str]) -> Iterator[Path]:
    """The raw files of these drops that operators' folders still hold."""
    for operator in operators(lake.drops):
        for file in sorted((operator / "processed").rglob("*")):
            if file.is_file() and not file.is_symlink():
                with file.open("rb") as content:
                    digest = hashlib.file_digest(content, "sha256").hexdigest()
                if f"{operator.name}-{digest[:16]}" in drop_ids:
                    yield file


def forget_lines(lake: Lake, drop_id: str, drop_rows: set[int]) -> None:
    """Take these rows out of the answer to a drop; one that cannot be read was changed, and goes."""
    operator_id, _, digest = drop_id.rpartition("-")
    for file in sorted((lake.drops / operator_id / "feedback").glob(f"*.{digest}.csv")):
        try:
            lines = pl.read_csv(file, separator=PEOPLE.separator, infer_schema=False)
            kept = lines.filter(~pl.col("rang_du_trajet").is_in([str(row) for row in drop_rows]))
        except pl.exceptions.PolarsError:
            file.unlink()
            continue
        if kept.height < lines.height:
            with replacing(file) as beside:
                numbers = ("ligne_du_fichier", "rang_du_trajet")
                write_csv(kept.with_columns(pl.col(numbers).cast(pl.Int64)), beside)


def _drops(operator: Path) -> Iterator[tuple[str, Path, date]]:
    for folder in sorted((operator / "processed").glob("*")):
        try:
            yield "drops", folder, date.fromisoformat(folder.name)
        except ValueError:  # put there by the operator
            yield "drops", folder, changed_on(folder)
    for file in sorted((operator / "incoming").iterdir()):
        if is_unfinished(file):  # given up: a file that is whole is taken the same night
            yield "drops", file, changed_on(file)


def _answers(feedback: Path) -> Iterator[tuple[str, Path, date]]:
    for file in sorted(feedback.glob("*")):
        summary = file.with_suffix(".json")
        try:
            day = date.fromisoformat(json.loads(summary.read_text("utf-8"))["date_de_traitement"])
        except (OSError, ValueError, KeyError, TypeError):  # the folder is the operator's, who may change it
            day = changed_on(file)
        # The summary goes last: it dates the lines beside it.
        yield "rejected", file, day


def changed_on(file: Path) -> date:
    """The local day on which a file was written last."""
    return datetime.fromtimestamp(os.lstat(file).st_mtime, PARIS).date()
