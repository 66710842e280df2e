"""Who receives an incentive, or how driver and passenger share it. Not here: the amount (tariff)."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from dagster_project.campaigns.language.conditions import Article, Condition


class Payee(Condition):
    """Who receives the incentive of the journeys that the condition describes, or how two share it.

    The passenger gets its percentage rounded down to the cent, the driver the rest: nothing is lost.
    """

    qui: Literal["conducteur", "passager", "partage"]
    passager_pourcent: Annotated[
        int | None, Field(ge=1, le=99, description="Part du passager dans un partage.")
    ] = None
    article: Article

    @model_validator(mode="after")
    def _says_the_share(self) -> "Payee":
        if (self.qui == "partage") != (self.passager_pourcent is not None):
            raise ValueError(
                "un partage dit la part du passager, et lui seul : `{qui: partage, passager_pourcent: 50}`"
            )
        return self

    @property
    def passenger_percent(self) -> int:
        """What of a hundred the passenger gets."""
        return {"conducteur": 0, "passager": 100}.get(self.qui, self.passager_pourcent or 0)


def payees(given: Any) -> Any:
    """One word as the list that it stands for. Raises ValueError where a list says no condition."""
    if isinstance(given, list) and any(isinstance(payee, str) for payee in given):
        raise ValueError(
            "une liste dit qui reçoit quand : `{qui: passager, mois: [2]}` puis `{qui: conducteur}` ; pour "
            "que les deux se partagent l'incitation : `{qui: partage, passager_pourcent: 50}`"
        )
    return [{"qui": given}] if isinstance(given, str) else given


def one_word_or_list(schema: dict[str, Any]) -> None:
    """In the published schema: a word in place of the list."""
    whole = {name: schema.pop(name) for name in ("items", "minItems", "type")}
    schema["anyOf"] = [{"enum": ["conducteur", "passager"]}, whole]
