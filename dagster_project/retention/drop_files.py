"""Raw drops and answers in the operators' folders whose term is over; no link out of them is followed."""

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path

from dagster_project.contracts.moments import PARIS
from dagster_project.contracts.terms import Term
from dagster_project.drops.answers.folder import kept, lines_name
from dagster_project.drops.claim import instant, is_unfinished, operators
from dagster_project.drops.troubles import Troubles
from dagster_project.files import folders
from dagster_project.files.folders import Folder
from dagster_project.lake.store import Lake


def due(
    lake: Lake, business_date: date, terms: Mapping[str, Term], troubles: Troubles
) -> Iterator[tuple[str, Path]]:
    """The rule and the path of each folder of processed drops, unfinished delivery and answer to remove."""
    answered = {
        (row["operator_id"], name): row["business_date"]
        for row in kept(lake)
        for name in (row["answer_name"], lines_name(row["answer_name"]))
    }
    for root, operator_id, folder in _folders(lake, troubles):
        for part in ("processed", "incoming", "feedback"):
            with (
                troubles.telling(operator_id, f"{part}/"),
                suppress(FileNotFoundError),
                folder.below(part) as inner,
            ):
                for name in inner.names():
                    rule, day = _dated(part, name, inner, answered.get((operator_id, name)))
                    if day and terms[rule].ends_on(day) <= business_date:
                        yield rule, root / operator_id / part / name


def remove(lake: Lake, path: Path, troubles: Troubles) -> None:
    """Delete a file, a link (not what it points to), a folder; what an operator's folder hinders is told."""
    if root := next((root for root in (lake.drops, lake.payments) if path.is_relative_to(root)), None):
        *above, name = path.relative_to(root).parts
        with troubles.telling(above[0], f"{above[1]}/"), folders.within(root, *above) as folder:
            folder.remove(name)
    elif path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def of_drops(lake: Lake, drop_ids: set[str], troubles: Troubles) -> Iterator[Path]:
    """The raw files of these drops that operators' folders still hold."""
    for operator_id, _ in operators(lake.drops, troubles):
        for file in folders.files_below(lake.drops / operator_id / "processed"):
            with troubles.telling(operator_id, "processed/"), folders.reading(file) as content:
                digest = hashlib.file_digest(content, "sha256").hexdigest()
                if f"{operator_id}-{digest[:16]}" in drop_ids:
                    yield file


def taken(lake: Lake, troubles: Troubles) -> Iterator[Path]:
    """What operators' folders hold of former nights."""
    for operator_id, _ in operators(lake.drops, troubles):
        yield from folders.files_below(lake.drops / operator_id / "processed")


def _folders(lake: Lake, troubles: Troubles) -> Iterator[tuple[Path, str, Folder]]:
    """Operators' folders of drops and of bank statements, open."""
    for root in (lake.drops, lake.payments):
        for operator_id, folder in operators(root, troubles):
            yield root, operator_id, folder


def _dated(part: str, name: str, folder: Folder, answered_on: date | None) -> tuple[str, date | None]:
    """The rule of what lies in a part of an operator's folder, and the day its term runs from, if any."""
    if part == "incoming":  # given up: a file that is whole is taken the same night
        return "drops", _changed_on(folder, name) if is_unfinished(name) else None
    if part == "feedback":
        return "rejected", answered_on or _changed_on(folder, name)
    try:
        return "drops", date.fromisoformat(name)
    except ValueError:  # put there by the operator
        return "drops", _changed_on(folder, name)


def _changed_on(folder: Folder, name: str) -> date | None:
    status = folder.status(name)
    return instant(status.st_mtime_ns).astimezone(PARIS).date() if status else None


def changed_on(file: Path) -> date:
    """The local day on which a file was written last."""
    return datetime.fromtimestamp(os.lstat(file).st_mtime, PARIS).date()
