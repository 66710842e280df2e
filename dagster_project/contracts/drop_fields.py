"""The drop contract: what a row must hold, whatever its layout.

`FIELDS` describes each of our columns once; the Pandera schema, the published Table Schema and
JSON Schema, and the operators' guide are made from it. Pandera's checks report rule codes
(contracts.rejection_codes). Rules that need more than one column, or the text before parsing, come as
boolean columns `<code>__<column>` that must be true: Pandera checks columns natively and stays
fast where a whole file is wrong.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandera.polars as pa
import polars as pl

from dagster_project.contracts.lake_tables import INSTANT

SEPARATOR = "__"
# An instant of ISO 8601: a calendar date and a time of day to the minute at least, both in the extended
# form (2021-03-01T07:30:00) or both in the basic one (20210301T073000), T or a space between, a fraction of
# a second after a point or a comma, and the offset: Z, +01, +0100 or +01:00. Left out, though the standard
# has them: weeks and ordinal days, hours alone, fractions of hours, 24:00 (the next day's 00:00), leap
# seconds, years of more digits.
_DATE = ("(0[1-9]|1[0-2])", "(0[1-9]|[12][0-9]|3[01])")
_MINUTE, _SECOND = "([01][0-9]|2[0-3]){}([0-5][0-9])", "([0-5][0-9])(?:[.,]([0-9]{1,9}))?"
LOCAL_FORM = (
    f"([0-9]{{4}})(?:-{'-'.join(_DATE)}[Tt ]{_MINUTE.format(':')}(?::{_SECOND})?"
    f"|{''.join(_DATE)}[Tt ]{_MINUTE.format('')}(?:{_SECOND})?)"
)
INSTANT_FORM = f"^{LOCAL_FORM}(?:[Zz]|([+-])([01][0-9]|2[0-3])(?::?([0-5][0-9]))?)$"
USUAL_INSTANT = (
    f"^[0-9]{{4}}-{'-'.join(_DATE)}T{_MINUTE.format(':')}:[0-5][0-9](?:\\.[0-9]{{1,9}})?"
    "(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$"
)
FRENCH_FORM = "^[0-9]{2}/[0-9]{2}/[0-9]{4} [0-9]{2}:[0-9]{2}(?::[0-9]{2})?$"
Kind = Literal["text", "integer", "decimal", "instant", "boolean", "json"]


@dataclass(frozen=True)
class Field:
    """One declared column: kind, meaning (French, for operators), unit, bounds, example."""

    kind: Kind
    meaning: str
    example: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    longest: int | None = None
    pattern: str = ""


def _person(role: str, word: str) -> dict[str, Field]:
    # No rule reads the driver's age.
    kept = "" if role == "passenger" else " (contrôlée, non conservée)"
    texts = {
        "phone": (f"Téléphone {word}, E.164 ou national à dix chiffres.", "+33639980001"),
        "phone_trunc": (f"Téléphone {word} sans ses deux derniers chiffres.", "+336399800"),
        "operator_user_id": (f"Identifiant {word} chez l'opérateur.", "u-1042"),
        "firstname": (f"Prénom {word} (facultatif, ne pas envoyer de préférence).", ""),
        "lastname": (f"Nom {word} (facultatif, ne pas envoyer de préférence).", ""),
        "email": (f"Adresse électronique {word} (facultatif).", ""),
        "company": (f"Employeur {word} (facultatif).", ""),
        "travel_pass_name": (f"Titre de transport {word} : navigo.", "navigo"),
        "travel_pass_user_id": (f"Numéro du titre de transport {word}.", ""),
    }
    return {
        f"{role}_{name}": Field("text", meaning, example, longest=256)
        for name, (meaning, example) in texts.items()
    } | {
        f"{role}_over_18": Field("boolean", f"Majorité {word}{kept} ; vide : inconnue.", "TRUE"),
        f"{role}_declared_key": Field(
            "text",
            f"Clé d'identité {word} calculée par l'opérateur (contrôlée, non conservée).",
            "",
            pattern=r"^[a-f0-9]{64}$",
        ),
    }


def _end(end: str, word: str) -> dict[str, Field]:
    return {
        f"{end}_at": Field("instant", f"Instant {word}, ISO 8601 avec fuseau.", "2021-03-01T07:30:00Z"),
        f"{end}_lat": Field(
            "decimal", f"Latitude {word}, WGS 84.", "46.1958", unit="degrés", low=-90, high=90
        ),
        f"{end}_lon": Field(
            "decimal", f"Longitude {word}, WGS 84.", "6.2354", unit="degrés", low=-180, high=180
        ),
        f"{end}_insee": Field(
            "text",
            f"Code INSEE de la commune {word}, sans position ; arrondissement à Paris, Lyon, Marseille.",
            "74012",
            pattern=r"^([0-9][0-9AB][0-9]{3})$",
        ),
    }


FIELDS: dict[str, Field] = {
    "operator_journey_id": Field("text", "Identifiant unique du trajet passager.", "T-000123", longest=256),
    "operator_trip_id": Field(
        "text", "Identifiant de la voiture : regroupe ses trajets passagers.", "V-000045", longest=256
    ),
    "operator": Field("text", "Opérateur ; s'il est rempli, celui du dossier de dépôt.", "", longest=256),
    "operator_class": Field("text", "Classe de preuve.", "C", choices=("A", "B", "C")),
    "status": Field(
        "text",
        "new : nouveau ; corrected : corrige un envoi ; cancelled : annule. Vide : new.",
        "new",
        choices=("new", "corrected", "cancelled"),
    ),
    **_end("start", "de départ"),
    **_end("end", "d'arrivée"),
    "distance_m": Field("integer", "Distance parcourue.", "21400", unit="m", low=1, high=1_000_000),
    "duration_s": Field(
        "integer", "Durée du trajet (contrôlée, non conservée).", "1500", unit="s", low=1, high=86_400
    ),
    "seats": Field("integer", "Places réservées ; vide : 1.", "1", low=1, high=8),
    "passenger_contribution_cents": Field(
        "integer", "Ce que paie le passager.", "150", unit="centimes", low=0, high=1_000_000
    ),
    "driver_revenue_cents": Field(
        "integer", "Ce que reçoit le conducteur.", "350", unit="centimes", low=0, high=1_000_000
    ),
    "incentives": Field(
        "json",
        "Incitations du couple, dans l'ordre : index (0 à 19), siret du financeur, amount (centimes).",
        '[{"index":0,"siret":"89912345900013","amount":200}]',
    ),
    "driver_incentives": Field("json", "Incitations portées par le conducteur.", "[]"),
    "payments": Field(
        "json", "Paiements du passager : index, siret, type, amount (centimes). Non conservés.", "[]"
    ),
    "licence_plate": Field("text", "Plaque du véhicule (contrôlée, non conservée).", "", longest=256),
    **_person("driver", "du conducteur"),
    **_person("passenger", "du passager"),
}

# How to write each kind, told where a value is unreadable.
FORMATS: dict[Kind, str] = {
    "text": "Recopier la valeur telle quelle : même longueur, zéro initial gardé.",
    "integer": "Nombre entier sans unité ni décimale ; les montants sont en centimes : 3,50 € s'écrit 350.",
    "decimal": "Nombre à point décimal : 46.1958 (la virgule n'est admise qu'en format v2).",
    "instant": "Date ISO 8601 avec fuseau : 2021-03-01T07:30:00Z ; en format v2 aussi 01/03/2021 08:30.",
    "boolean": "TRUE, FALSE ou vide.",
    "json": "Tableau JSON, ou [].",
}

_DTYPES: dict[Kind, pl.DataType] = {
    "integer": pl.Int64(),
    "decimal": pl.Float64(),
    "instant": INSTANT,
    "boolean": pl.Boolean(),
}

# Our columns that are parsed from text: unreadable is told apart from empty.
PARSED: dict[str, pl.DataType] = {
    name: _DTYPES[field.kind] for name, field in FIELDS.items() if field.kind in _DTYPES
}


def declared(only: Sequence[str] = ()) -> pa.DataFrameSchema:
    """What is declared of our columns, or `only` of these, over a parsed frame."""
    return pa.DataFrameSchema({name: _COLUMNS[name] for name in only or _COLUMNS if name in _COLUMNS})


def holding(rules: Sequence[str]) -> pa.DataFrameSchema:
    """Boolean columns `<code>__<column>` that must be true."""
    return pa.DataFrameSchema(
        {name: pa.Column(pl.Boolean, pa.Check.eq(True, error=name.split(SEPARATOR)[0])) for name in rules}
    )


def _column(name: str, field: Field) -> pa.Column | None:
    checks = []
    if field.low is not None:
        checks.append(pa.Check.in_range(field.low, field.high, error="value_out_of_range"))
    if field.longest is not None and field.kind == "text":
        checks.append(pa.Check.str_length(0, field.longest, error="value_out_of_range"))
    if field.choices:
        checks.append(pa.Check.isin(field.choices, error="value_unknown"))
    if field.pattern:
        checks.append(pa.Check.str_matches(field.pattern, error="value_unreadable"))
    return pa.Column(PARSED.get(name, pl.String()), checks, nullable=True) if checks else None


_COLUMNS: dict[str, pa.Column] = {
    name: column for name, field in FIELDS.items() if (column := _column(name, field))
}
