"""A campaign's file that says what it must and no more, and the same with changes."""

from pathlib import Path
from typing import Any

import yaml

BASE: dict[str, Any] = {
    "id": "essai",
    "nom": "Essai",
    "autorite": "pmgf",
    "convention": "2021-1",
    "beneficiaire": "conducteur",
    "periode": {"du": "2021-03-01", "au": "2021-07-31"},
    "operateurs": [{"du": "2021-03-01", "liste": ["alpimob", "karavane", "troisplaces", "covoit_leman"]}],
    "territoires": {
        "pole": {"aom": ["200075372"]},
        "agglo": {"epci": ["200011773"]},
        "annemasse": {"commune": ["74012"]},
        "thonon": {"commune": ["74281"]},
        "st_julien": {"commune": ["74243"]},
        "suisse": {"pays": ["99140"]},
        "ailleurs": {"aom": ["123456789"]},
        "gare": {"cercle": {"lat": 46.1956, "lon": 6.2361, "rayon_m": 3_000}},
    },
    "tarif": {"par": "siege", "tranches": [{"de_m": 0, "centimes": 100}]},
    "budget": {"euros": 1000},
    "appels_de_fonds": {"rythme": "trimestriel"},
}


def campaign_file(folder: Path, **changes: Any) -> Path:
    file = folder / f"{changes.get('id', 'essai')}.yml"
    file.write_text(yaml.safe_dump(BASE | changes, allow_unicode=True, sort_keys=False), "utf-8")
    return file
