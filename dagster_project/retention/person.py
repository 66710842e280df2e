"""Who asks: what a request names a person by, and the identity keys and rows that this person has here.

JURIDIQUE étape 3 names two ways: the phone, or the truncated phone with the operator's id of the person. Both
are followed: an operator that sent the one at one time and the other at another means one person.
"""

import os
import stat
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from dagster_project.contracts.tables import IDENTITIES, JOURNEYS, REJECTED_ROWS
from dagster_project.identity.keys import identity_keys, person, request_digests
from dagster_project.identity.phones import normalised
from dagster_project.keys import secret
from dagster_project.lake import Lake
from dagster_project.retention.search import Needles
from dagster_project.retention.strays import DELIVERY, with_strays
from dagster_project.settings import Settings

OF_A_PERSON = ("identity_key", "phone", "phone_trunc", "email", "operator_user_id", "travel_pass_user_id")
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
    found: Cells = {}
    for number, line in enumerate(text.splitlines(), 1):
        name, separator, value = (part.strip() for part in line.partition(":"))
        if line.strip() and (not separator or name not in NAMES | CORRECTIONS):
            known = ", ".join(NAMES | CORRECTIONS)
            raise RequestError(f"line {number} is not `nom: valeur` with one of these names: {known}")
        if value:
            found[name] = value
    given = {NAMES[name]: value for name, value in found.items() if name in NAMES}
    if set(given) not in ({"phone"}, {"phone_trunc", "operator_id", "operator_user_id"}):
        raise RequestError(
            "a person is named by telephone, or by telephone_tronque, operateur and identifiant together"
        )
    corrections = {CORRECTIONS[name]: value for name, value in found.items() if name in CORRECTIONS}
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

    @cached_property
    def identities(self) -> pl.DataFrame:
        """Who this person is, as sent: rows of identities."""
        return _where(self.lake, "identities", "identity_key in (from person_keys)", self.keys)

    @cached_property
    def journeys(self) -> pl.DataFrame:
        """Rows of journeys: all under an id where the version that stands names the person, else theirs."""
        names = "driver_identity_key in (from person_keys) or passenger_identity_key in (from person_keys)"
        newest = f"arg_max({{}}, {DELIVERY}) in (from person_keys)"
        keys = f"select operator_id, operator_journey_id from journeys where {names}"
        named = f"(from journeys semi join ({keys}) using (operator_id, operator_journey_id))"
        return _where(
            self.lake,
            "journeys",
            f"""
            {names} or (operator_id, operator_journey_id) in (
                select (operator_id, operator_journey_id) from {with_strays(named)}
                where not is_stray
                group by operator_id, operator_journey_id
                having {newest.format("driver_identity_key")} or {newest.format("passenger_identity_key")}
            )
            """,
            self.keys,
        )

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

    @cached_property
    def rejected(self) -> pl.DataFrame:
        """Rejected rows that hold the phone, the address or the operator's id of this person."""
        rows = self.lake.read(REJECTED_ROWS)
        accounts = self.identities.select("operator_id", "phone_trunc", "operator_user_id").drop_nulls()
        known = {tuple(row) for row in accounts.iter_rows()}
        if "phone_trunc" in self.given:
            known.add((self.given["operator_id"], self.given["phone_trunc"], self.given["operator_user_id"]))
        told = {*self.identities["phone"].drop_nulls(), *self.identities["email"].drop_nulls()}
        told |= {self.given[column] for column in ("phone",) if column in self.given}
        is_ours = pl.repeat(False, rows.height, dtype=pl.Boolean, eager=True)
        if told:
            is_ours |= rows["raw"].str.contains_any(Needles(told).texts)
        for operator_id, phone_trunc, user_id in known:
            is_ours |= (
                rows["drop_id"].str.starts_with(f"{operator_id}-")
                & rows["raw"].str.contains_any(Needles([phone_trunc]).texts)
                & rows["raw"].str.contains(user_id, literal=True)
            )
        return rows.filter(is_ours)


def find(lake: Lake, settings: Settings, given: Cells) -> Person:
    """The person whom a request names, whether or not anything of theirs is here. Raises KeyFileError."""
    phones = {given["phone"]} if "phone" in given else set[str]()
    accounts = set[tuple[str, str, str]]()
    if not phones:
        accounts.add((given["operator_id"], given["phone_trunc"], given["operator_user_id"]))
        same = _where(
            lake,
            "identities",
            "operator_id = $1 and phone[:-3] = $2 and operator_user_id = $3",
            (),
            *next(iter(accounts)),
        )
        phones = set(same["phone"])
    for phone in phones:
        of_phone = _where(lake, "identities", "phone = $1 and operator_user_id is not null", (), phone)
        accounts |= {
            (operator_id, phone[:-2], user_id)
            for operator_id, user_id in of_phone.select("operator_id", "operator_user_id").iter_rows()
        }
    asked: list[tuple[str, str | None, str | None, str | None]] = [
        ("", phone, None, None) for phone in sorted(phones)
    ]
    asked += [(operator_id, None, trunc, user_id) for operator_id, trunc, user_id in sorted(accounts)]
    if "phone_trunc" in given:
        first = (given["operator_id"], None, given["phone_trunc"], given["operator_user_id"])
        asked.sort(key=lambda one: one != first)
    texts = [
        pl.select(person(operator_id, *(pl.lit(part, pl.String) for part in parts))).item()
        for operator_id, *parts in asked
    ]
    key = secret(lake.keys, "identity", settings.identity_key)
    keys = identity_keys(pl.Series(texts), key)
    return Person(lake, given, tuple(keys), tuple(request_digests(keys, key)))


def _where(lake: Lake, name: str, condition: str, keys: tuple[str, ...], *values: str) -> pl.DataFrame:
    table = {"identities": IDENTITIES, "journeys": JOURNEYS}[name]
    with lake.session() as connection:
        connection.register(
            "person_keys", pl.DataFrame({"identity_key": keys}, schema={"identity_key": pl.String})
        )
        return connection.execute(
            f"with {name} as (select {', '.join(table.columns)} from {lake.source(table)}) "
            f"from {name} where {condition} order by all",
            list(values),
        ).pl()
