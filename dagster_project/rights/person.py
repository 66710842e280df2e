"""Who asks: what a request names a person by, and the identity keys and rows that this person has here.

JURIDIQUE étape 3 names two ways: the phone, or the truncated phone with the operator's id of the person. Both
are followed: an operator that sent the one at one time and the other at another means one person.
"""

import os
import stat
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import duckdb
import polars as pl

from dagster_project.contracts.couple import ROLES
from dagster_project.contracts.lake_tables import IDENTITIES, JOURNEYS, OF_A_PERSON, REJECTED_ROWS
from dagster_project.files.statements import statements
from dagster_project.identity.keys import identity_keys, person, request_digests
from dagster_project.identity.phones import normalised
from dagster_project.lake.store import Lake
from dagster_project.retention.needles import Needles
from dagster_project.retention.strays import mark_strays

_SQL = statements(__file__)
NAMES = {
    "telephone": "phone",
    "telephone_tronque": "phone_trunc",
    "operateur": "operator_id",
    "identifiant": "operator_user_id",
}
CORRECTIONS = {
    "nouveau_telephone": "phone",
    "nouveau_nom": "lastname",
    "nouveau_prenom": "firstname",
    "nouvelle_adresse_electronique": "email",
    "nouvel_employeur": "company",
    "nouveau_titre_de_transport": "travel_pass_name",
    "nouveau_numero_de_titre": "travel_pass_user_id",
}


class RequestError(Exception):
    """A request that cannot be carried out; the message says why and what to do, never a value."""


Cells = dict[str, str]


def read_request(file: Path) -> tuple[Cells, Cells]:
    """What `parse_request` reads, from a file that nobody but its owner may read. Raises RequestError."""
    if stat.S_IMODE(file.stat().st_mode) & 0o077 or file.stat().st_uid != os.getuid():
        raise RequestError(f"{file.name} may be read by others. Remedy: chmod 600 {file.name}")
    return parse_request(file.read_text("utf-8"))


def parse_request(text: str) -> tuple[Cells, Cells]:
    """Lines `nom: valeur` → what names the person and what is to be corrected, by our columns.

    Raises RequestError, which tells lines and names, never a value.
    """
    cells: Cells = {}
    for number, line in enumerate(text.splitlines(), 1):
        name, separator, value = (part.strip() for part in line.partition(":"))
        if line.strip() and (not separator or name not in NAMES | CORRECTIONS):
            known = ", ".join(NAMES | CORRECTIONS)
            raise RequestError(f"line {number} is not `nom: valeur` with one of these names: {known}")
        if value:
            cells[name] = value
    given = {NAMES[name]: value for name, value in cells.items() if name in NAMES}
    if set(given) not in ({"phone"}, {"phone_trunc", "operator_id", "operator_user_id"}):
        raise RequestError(
            "a person is named by telephone, or by telephone_tronque, operateur and identifiant together"
        )
    corrections = {CORRECTIONS[name]: value for name, value in cells.items() if name in CORRECTIONS}
    return _with_phones(given), _with_phones(corrections)


def _with_phones(cells: Cells) -> Cells:
    read = {
        column: normalised(pl.Series([cells[column]]), truncated=column == "phone_trunc")[0]
        for column in ("phone", "phone_trunc")
        if column in cells
    }
    if None in read.values():
        raise RequestError(
            "telephone: 06 39 98 01 23 or +33639980123; telephone_tronque: without its last two digits"
        )
    return cells | read


@dataclass(frozen=True)
class Person:
    """Somebody's identity keys, the one that was asked for first, and their digests, which name nobody."""

    lake: Lake
    given: Cells
    keys: tuple[str, ...]
    digests: tuple[str, ...]
    lines: tuple[str, ...]  # their phones
    accounts: frozenset[tuple[str, str, str]]  # operator, truncated phone, the operator's id

    @cached_property
    def identities(self) -> pl.DataFrame:
        """Who this person is, as sent: rows of identities."""
        with self._asking() as connection:
            self.lake.show(connection, IDENTITIES)
            return connection.execute(_SQL["identities"]).pl()

    @cached_property
    def journeys(self) -> pl.DataFrame:
        """Rows of journeys: all under an id where the version that stands names the person, else theirs."""
        with self._asking() as connection:
            self.lake.show(connection, JOURNEYS)
            connection.execute(_SQL["deliveries"])
            mark_strays(connection)
            return connection.execute(_SQL["journeys"]).pl()

    @contextmanager
    def _asking(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self.lake.session() as connection:
            keys = pl.DataFrame({"identity_key": self.keys}, schema={"identity_key": pl.String})
            connection.register("person_keys", keys)
            yield connection

    @cached_property
    def trips(self) -> list[str]:
        """The person's own cars, as caps name them."""
        driven = self.journeys.filter(pl.col("driver_identity_key").is_in(self.keys))
        return sorted(set(driven["operator_id"] + "/" + driven["operator_trip_id"]))

    @cached_property
    def values(self) -> set[str]:
        """What tells this person, and nobody else, in a file."""
        values = {value for column in OF_A_PERSON for value in self.identities[column].drop_nulls()}
        values |= {*self.keys, *self.given.values()} - {self.given.get("operator_id", "")}
        return values

    def owns(self, identities: pl.DataFrame) -> pl.Series:
        """True for each row of identities with a key, phone or account of this person, however written."""
        is_theirs = identities["identity_key"].is_in(self.keys)
        is_theirs |= normalised(identities["phone"]).is_in(self.lines).fill_null(False)
        accounts = identities.with_columns(cut=normalised(identities["phone_trunc"], truncated=True))
        return is_theirs | accounts.select(_is_one_of(self.accounts).fill_null(False)).to_series()

    @cached_property
    def rejected(self) -> pl.DataFrame:
        """Rejected rows that hold the phone, the address or the operator's id of this person."""
        rows = self.lake.read(REJECTED_ROWS)
        values = {*self.lines, *self.identities["email"].drop_nulls()}
        is_ours = Needles(values).which(rows["raw"])
        for phones in _cells(rows, "phone"):
            is_ours |= normalised(phones).is_in(self.lines).fill_null(False)
        for operator_id, phone_trunc, user_id in sorted(self.accounts):
            holds_phone = Needles([phone_trunc]).which(rows["raw"])
            for phones in _cells(rows, "phone_trunc"):
                holds_phone |= (normalised(phones, truncated=True) == phone_trunc).fill_null(False)
            is_ours |= (
                holds_phone
                & rows["drop_id"].str.starts_with(f"{operator_id}-")
                & rows["raw"].str.contains(user_id, literal=True)
            )
        return rows.filter(is_ours)


def find(lake: Lake, given: Cells) -> Person:
    """The person whom a request names, whether or not anything of theirs is here. Raises KeyFileError.

    What was taken in before a spelling was understood is kept, and keyed, as it was read then: a row with the
    person's phone or account is theirs, whatever its key.
    """
    digits = (given.get("phone") or given["phone_trunc"] + "00")[-6:-2]
    with lake.session() as connection:
        lake.show(connection, IDENTITIES)
        near = connection.execute(_SQL["near"], {"digits": digits}).pl()
    line, cut = normalised(near["phone"]), normalised(near["phone_trunc"], truncated=True)
    near = near.with_columns(line.alias("line"), line.str.head(-2).fill_null(cut).alias("cut"))
    if "phone" in given:
        lines, accounts = {given["phone"]}, set[tuple[str, str, str]]()
    else:
        accounts = {(given["operator_id"], given["phone_trunc"], given["operator_user_id"])}
        lines = set(near.filter(_is_one_of(accounts))["line"].drop_nulls())
    of_lines = near.filter(pl.col("line").is_in(lines))
    accounts |= set(of_lines.select("operator_id", "cut", "operator_user_id").drop_nulls().iter_rows())
    theirs = pl.concat([of_lines, near.filter(_is_one_of(accounts))])
    asked: list[tuple[str, str | None, str | None, str | None]] = [
        ("", line, None, None) for line in sorted(lines)
    ]
    asked += [(operator_id, None, trunc, user_id) for operator_id, trunc, user_id in sorted(accounts)]
    if "phone_trunc" in given:
        first = (given["operator_id"], None, given["phone_trunc"], given["operator_user_id"])
        asked.sort(key=lambda name: name != first)
    texts = [
        pl.select(person(pl.lit(operator_id), *(pl.lit(part, pl.String) for part in parts))).item()
        for operator_id, *parts in asked
    ]
    key = lake.secret("identity")
    own_keys = identity_keys(pl.Series(texts), key)
    keys = pl.concat([own_keys, theirs["identity_key"].sort()]).unique(maintain_order=True)
    digests = request_digests(keys, key)
    return Person(lake, given, tuple(keys), tuple(digests), tuple(sorted(lines)), frozenset(accounts))


def known_by(lake: Lake, digests: Collection[str]) -> Person | None:
    """The person whose identity keys have these digests, by what is held of them; none: nothing is held.

    Raises KeyFileError.
    """
    key = lake.secret("identity")
    held = lake.read(IDENTITIES)
    held = held.with_columns(digest=request_digests(held["identity_key"], key))
    theirs = held.filter(pl.col("digest").is_in(list(digests)))
    if theirs.is_empty():
        return None
    row = theirs.sort(pl.col("phone").is_null(), "identity_key").row(0, named=True)
    names = ("phone",) if row["phone"] else ("phone_trunc", "operator_id", "operator_user_id")
    cells = _with_phones({name: row[name] for name in names})
    return find(lake, cells)


def _is_one_of(accounts: Collection[tuple[str, str, str]]) -> pl.Expr:
    named = [f"{operator}\0{cut}\0{user}" for operator, cut, user in accounts]
    return pl.concat_str("operator_id", "cut", "operator_user_id", separator="\0").is_in(named)


def _cells(rows: pl.DataFrame, name: str) -> Iterator[pl.Series]:
    """What rejected rows hold in a column of either role; a row that was no row holds none."""
    return (rows["raw"].str.json_path_match(f"$.{role}_{name}") for role in ROLES)
