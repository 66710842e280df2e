"""What a request for attestations says: a small CSV, a person a line. Nothing of it is ever repeated.

Good lines go on; each fault is told by its line and column. Not here: who the persons are (counting).
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from io import StringIO
from pathlib import Path

import polars as pl

from dagster_project.contracts.attestations import COLUMNS, MOST_PERSONS, USAGES
from dagster_project.contracts.moments import PARIS
from dagster_project.contracts.terms import TERMS
from dagster_project.identity.phones import normalised
from dagster_project.reports.shared.french import french_day

_NEEDED = ("du", "au", "usage")
_DAYS = ("%Y-%m-%d", "%d/%m/%Y")
MOST_BYTES = 1 << 20


class RequestFileError(Exception):
    """A request that goes back as a whole: `code` is the rule, `detail` completes its sentence."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


@dataclass(frozen=True)
class Request:
    """Persons asked for, a row each, and faults.

    `asked`: line, phone, phone_trunc, user_id, first_on, last_on, usage. `faults`: line, column, code,
    detail.
    """

    asked: pl.DataFrame
    faults: pl.DataFrame


def read_request(file: Path, business_date: date) -> Request:
    """The rows of a request, those at fault apart. Raises RequestFileError."""
    rows, broken = _cells(file)
    if not rows and not broken:
        raise RequestFileError("request_columns", "il n'y a aucune personne")
    if len(rows) + len(broken) > MOST_PERSONS:
        raise RequestFileError("request_too_large")
    schema = {"line": pl.Int64, **dict.fromkeys(COLUMNS, pl.String)}
    cells = pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        pl.col(COLUMNS).str.strip_chars().replace("", None)
    )
    read = cells.with_columns(
        normalised(cells["telephone"]).alias("phone"),
        normalised(cells["telephone_tronque"], truncated=True).alias("phone_trunc"),
        *(
            pl.coalesce(pl.col(name).str.to_date(form, strict=False) for form in _DAYS).alias(day)
            for name, day in (("du", "first_on"), ("au", "last_on"))
        ),
    )
    faults = pl.concat([_faults(read, business_date), _at(broken)]).sort("line", maintain_order=True)
    asked = read.join(faults, on="line", how="anti", maintain_order="left").select(
        *("line", "phone", "phone_trunc"),
        pl.col("identifiant").alias("user_id"),
        "first_on",
        "last_on",
        "usage",
    )
    return Request(asked, faults)


def first_kept(business_date: date) -> date:
    """The first day of which the base holds every journey after that night."""
    return TERMS["journeys"].kept_from(business_date).astimezone(PARIS).date()


def _faults(rows: pl.DataFrame, business_date: date) -> pl.DataFrame:
    kept_on = first_kept(business_date)
    whole, cut, own = (pl.col(name).is_not_null() for name in COLUMNS[:3])
    is_named = (whole & ~cut & ~own) | (~whole & cut & own)
    rules: tuple[tuple[str, str, pl.Expr, str], ...] = (
        ("telephone", "request_person", ~is_named, ""),
        ("telephone", "request_phone", is_named & whole & pl.col("phone").is_null(), ""),
        ("telephone_tronque", "request_phone", is_named & cut & pl.col("phone_trunc").is_null(), ""),
        ("du", "request_day", pl.col("first_on").is_null(), ""),
        ("au", "request_day", pl.col("last_on").is_null(), ""),
        ("au", "request_order", pl.col("last_on") < pl.col("first_on"), ""),
        ("au", "request_future", pl.col("last_on") > business_date, french_day(business_date)),
        ("du", "request_beyond_base", pl.col("first_on") < kept_on, french_day(kept_on)),
        ("usage", "request_usage", ~pl.col("usage").is_in(list(USAGES)).fill_null(False), ""),
    )
    return pl.concat(
        [
            _at(rows.filter(is_wrong.fill_null(False))["line"].to_list(), column, code, detail)
            for column, code, is_wrong, detail in rules
        ]
    )


def _at(lines: list[int], column: str = "", code: str = "request_cells", detail: str = "") -> pl.DataFrame:
    named = {"column": pl.lit(column), "code": pl.lit(code), "detail": pl.lit(detail)}
    return pl.DataFrame({"line": lines}, schema={"line": pl.Int64}).with_columns(**named)


def _cells(file: Path) -> tuple[list[list[object]], list[int]]:
    """Number and cells (in the order of COLUMNS) of each line; lines without as many as the header."""
    try:
        text = file.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise RequestFileError("request_columns", "il n'est pas en UTF-8") from None
    lines = iter(_lines(text))
    _, head = next(lines, (0, []))
    names = [name.strip().lower() for name in head]
    unknown = [
        str(place) for place, name in enumerate(names, 1) if name not in COLUMNS or names.count(name) > 1
    ]
    if unknown:  # without a header, its names would be a person's values
        raise RequestFileError("request_columns", f"colonnes {', '.join(unknown[:10])} de l'en-tête")
    missing = [name for name in _NEEDED if name not in names]
    missing += [] if {"telephone_tronque", "identifiant"} <= {*names} else {"telephone"} - {*names}
    if missing:
        raise RequestFileError("request_columns", f"il manque {', '.join(missing)}")
    rows: list[list[object]] = []
    broken = []
    for number, cells in lines:
        if len(cells) == len(names):
            given = dict(zip(names, cells, strict=True))
            rows.append([number, *(given.get(name) for name in COLUMNS)])
        else:
            broken.append(number)
    return rows, broken


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of each line that is not blank. Raises RequestFileError."""
    separator = ";" if ";" in text.partition("\n")[0] else ","
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error:
        raise RequestFileError("request_columns", f"ligne {reader.line_num}, guillemets") from None
