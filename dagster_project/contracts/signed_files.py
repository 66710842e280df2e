"""What every file that people sign shares: a part without unknown keys, a name, a moment, the forms of texts.

Not here: the files themselves (catalogue, campaigns), how YAML is read (files).
"""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

SLUG = r"^[a-z][a-z0-9_]{1,63}$"
CLOCK = r"^([01]\d|2[0-3]):[0-5][05]$|^24:00$"
POSTCODE = r"^[0-9]{5}$"
EMAIL = r"^[^@\s]+@[^@\s]+$"
# What each form asks for, as who signs a file reads it.
FORMS = {
    SLUG: "au moins deux caractères, minuscules, chiffres et `_` seulement, une lettre d'abord",
    CLOCK: "heure de 00:00 à 24:00, de cinq en cinq minutes (le grain du calcul) ; écrire par exemple 07:30",
    POSTCODE: "cinq chiffres attendus",
    EMAIL: "adresse électronique attendue",
}

Slug = Annotated[str, StringConstraints(pattern=SLUG)]
Moment = Annotated[
    date | datetime,
    Field(description="Date locale, ou instant ISO avec son décalage (2022-09-01T00:00:00Z)."),
]


class Part(BaseModel):
    """Any part of a signed file: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)
