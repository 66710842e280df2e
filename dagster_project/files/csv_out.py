"""Every CSV that leaves the warehouse: one writer, two dialects, no cell that a spreadsheet runs.

Not here: the lines beside a fund call, which are hashed as they stand and hold no text of an operator's
(proof); the sample's drops, which are what operators write (sample). Why: D-109.
"""

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, Literal

import polars as pl
import polars.selectors as cs

_INSTANT = "%Y-%m-%dT%H:%M:%SZ"
# What makes a spreadsheet compute (OWASP, CSV injection) where a cell begins, and where one would begin if
# the other dialect's separator were taken for this one's; full-width signs, which some take for narrow ones.
_RISKY = r"(^|[;,])(\s*)([=+\-@＝＋－＠])"


@dataclass(frozen=True)
class Dialect:
    """How a table is spelled: separator, a mark that says UTF-8, decimal comma, which cells are quoted."""

    separator: str
    has_mark: bool
    quote_style: Literal["necessary", "non_numeric"]

    @property
    def has_decimal_comma(self) -> bool:
        """Whether 46,2 is a number; where commas separate, 46.2 is."""
        return self.separator != ","


# As a French spreadsheet opens it by itself: answers to operators, journeys of authorities.
PEOPLE = Dialect(";", has_mark=True, quote_style="non_numeric")
# As RFC 4180 and every library have it: what a command writes.
PROGRAMS = Dialect(",", has_mark=False, quote_style="necessary")


def write_csv(
    rows: pl.DataFrame, target: IO[bytes] | Path, dialect: Dialect = PEOPLE, *, goes_on: bool = False
) -> None:
    """Write a table; `goes_on`: its next rows, after those that the target has already.

    Texts are on one line and never a formula (`inert`); instants are ISO 8601, UTC.
    """
    instants = cs.datetime(time_zone="*").dt.convert_time_zone("UTC").dt.strftime(_INSTANT)
    rows.with_columns(instants, *(inert(pl.col(name)) for name in _texts(rows))).write_csv(
        target,
        separator=dialect.separator,
        include_bom=dialect.has_mark and not goes_on,
        include_header=not goes_on,
        decimal_comma=dialect.has_decimal_comma,
        quote_style=dialect.quote_style,
    )


def csv_bytes(rows: pl.DataFrame) -> bytes:
    """A table of people's, whole, as its file's bytes."""
    content = BytesIO()
    write_csv(rows, content)
    return content.getvalue()


def euros(cents: pl.Expr) -> pl.Expr:
    """An amount as people read it: euros with two decimals, exact."""
    return cents.cast(pl.Decimal(38, 2)) / 100


def inert(text: pl.Expr) -> pl.Expr:
    """A text on one line, with an apostrophe before what a spreadsheet would take for a formula."""
    return text.str.replace_all(r"\p{C}", " ").str.replace_all(_RISKY, "${1}${2}'${3}")


def _texts(rows: pl.DataFrame) -> list[str]:
    return [name for name, kind in rows.schema.items() if kind == pl.String]
