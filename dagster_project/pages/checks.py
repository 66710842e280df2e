"""What no page may hold: the network's addresses, too many bytes, other amounts than the ledger's."""

import re
from pathlib import Path

import duckdb

from dagster_project.files.statements import statements

MOST_BYTES = 2_000_000
_DIFFERING = statements(__file__)["differing"]
_NETWORK = re.compile(
    r"""(?:src|href|action)\s*=\s*["']?\s*(?:[a-z]+:)?//|(?-i:url)\(|@import|\bfetch\(|https?://""",
    re.IGNORECASE,
)


def reaches_out(file: Path) -> bool:
    """Whether the page names something of the network."""
    return names_the_network(file.read_text("utf-8"))


def names_the_network(page: str) -> bool:
    """Whether a page's text names something of the network."""
    return bool(_NETWORK.search(page))


def is_too_large(file: Path) -> bool:
    """Whether the page is of 2 MB or more."""
    return file.stat().st_size >= MOST_BYTES


def calls_beside_the_ledger(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Campaigns whose calls, as pages show them, do not sum to the ledger's lines, to the cent."""
    return [name for (name,) in connection.execute(_DIFFERING).fetchall()]
