"""data/rules/registry.yml: who keeps the registry, from which day on; who vouches for what it attests.

JURIDIQUE étape 6 foresees that the service leaves its incubator for another administration. What was issued
before names who kept it then. Not here: the keys that it signs with (proof.signing). Why: D-233.
"""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field

from dagster_project.catalogue.letterhead import Address
from dagster_project.catalogue.pieces import Entry, Text
from dagster_project.contracts.signed_files import EMAIL


class RegistryOperator(Entry):
    """A service that keeps the registry, from a day on, until the next one does."""

    since: Annotated[date, Field(alias="from")]
    service: Text
    body: Text  # what the service belongs to
    address: Address
    email: Annotated[str, Field(pattern=EMAIL)]
    signatory: Text  # who signs for it, by office: no file names a person

    @property
    def name(self) -> str:
        """The service and what it belongs to."""
        return f"{self.service}, {self.body}"


def _in_order(operators: list[RegistryOperator]) -> list[RegistryOperator]:
    days = [operator.since for operator in operators]
    if len(set(days)) < len(days):
        raise ValueError("deux services tiennent le registre depuis le même jour ; n'en garder qu'un")
    return sorted(operators, key=lambda operator: operator.since)


class Registry(Entry):
    """Every service that has kept the registry."""

    operators: Annotated[list[RegistryOperator], Field(min_length=1), AfterValidator(_in_order)]

    def on(self, day: date) -> RegistryOperator:
        """Who keeps it on a day; before the first, the first."""
        kept = [operator for operator in self.operators if operator.since <= day]
        return kept[-1] if kept else self.operators[0]
