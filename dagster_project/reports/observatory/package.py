"""datapackage.json: what the open data's files are, as the Frictionless standard writes it.

Names are stable: `observatoire-covoiturage` is the data set, `territoires-2021-03` a file of it, and a row is
named by its primary key. Not here: columns and their words (contracts/observatory).
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import polars as pl

from dagster_project.contracts.lake_table import Table
from dagster_project.contracts.observatory import FILES, FLOWS_FILE, TERRITORIES_FILE

NAME = "observatoire-covoiturage"
CAMPAIGNS, CAMPAIGNS_SCHEMA = "campagnes.json", "campagnes.schema.json"
LICENCE = "Licence Ouverte 2.0 (etalab-2.0)"
_TYPES: dict[Any, str] = {
    pl.String: "string",
    pl.Boolean: "boolean",
    pl.Date: "date",
    pl.Int64: "integer",
    pl.Decimal: "number",
}
_KEYS = {
    "territoires": ("mois", "niveau", "departement", "epci", "commune", "reste"),
    "flux": (
        *("mois", "depart_niveau", "depart_departement", "depart_epci", "depart_commune", "depart_reste"),
        *("arrivee_niveau", "arrivee_departement", "arrivee_epci", "arrivee_commune", "arrivee_reste"),
    ),
    "corrections": ("mois", "redit_le"),
    "versements": ("campagne", "periode_du"),
}


def stem(table: Table, month_on: date | None = None) -> str:
    """A file's name without its form: "territoires_2021-03"."""
    return f"{table.name}_{month_on:%Y-%m}" if month_on else table.name


def data_package(months: Sequence[date], changed_on: date) -> dict[str, Any]:
    """The descriptor of all files; `changed_on`: the night on which something of them changed last."""
    return {
        "profile": "data-package",
        "name": NAME,
        "id": NAME,
        "title": "Observatoire du covoiturage : trajets, flux, campagnes et versements",
        "description": (
            "Trajets de covoiturage valides du registre de preuve, par mois. Chaque nombre vaut pour six "
            "trajets au moins, dans six voitures au moins, dont personne n’a plus du sixième ; ce qui est "
            "trop petit est réuni dans le reste de son territoire, et les totaux sont exacts. Un mois est "
            "dit une fois, trente-cinq jours après sa fin ; corrections.csv dit ce qui a changé depuis."
        ),
        "version": f"{months[-1]:%Y-%m}" if months else "0",
        "created": f"{changed_on}T00:00:00Z",
        "licenses": [{"name": "etalab-2.0", "title": LICENCE}],
        "keywords": ["covoiturage", "mobilité", "incitation", "données ouvertes"],
        "resources": [
            *(
                resource
                for month_on in months
                for table in (TERRITORIES_FILE, FLOWS_FILE)
                for resource in _tables(table, month_on)
            ),
            *(resource for name in ("corrections", "versements") for resource in _tables(FILES[name])),
            _document(
                "campagnes", CAMPAIGNS, "Campagnes d’incitation : qui paie, à qui, combien, où, depuis quand"
            ),
            _document("campagnes-schema", CAMPAIGNS_SCHEMA, "Schéma JSON de campagnes.json"),
        ],
    }


def _tables(table: Table, month_on: date | None = None) -> Iterator[dict[str, Any]]:
    name = stem(table, month_on)
    shared_fields = {"title": table.grain, "schema": table_schema(table)}
    yield {
        "name": name.replace("_", "-"),
        "path": f"{name}.csv",
        "profile": "tabular-data-resource",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        **shared_fields,
    }
    yield {
        "name": f"{name.replace('_', '-')}-parquet",
        "path": f"{name}.parquet",
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        **shared_fields,
    }


def table_schema(table: Table) -> dict[str, Any]:
    """A file's columns as a Table Schema."""
    return {
        "fields": [
            {
                "name": column.title,
                "type": _TYPES[column.dtype.type.base_type()],
                "description": column.description,
                "constraints": {"required": not column.nullable},
                **({"unit": unit} if (unit := column.metadata["unit"]) else {}),
            }
            for column in table.columns.values()
        ],
        "missingValues": [""],
        "primaryKey": list(_KEYS[table.name]),
    }


def _document(name: str, path: str, title: str) -> dict[str, Any]:
    # `type`: readers of tables leave it alone.
    json_fields = {"type": "json", "format": "json", "mediatype": "application/json"}
    return {"name": name, "path": path, "title": title, **json_fields}
