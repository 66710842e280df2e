"""An operator's request for attestations, and what a night answers."""

from datetime import date

from dagster_project.attestations.answering import Answered, Desk
from dagster_project.catalogue import catalogue
from dagster_project.catalogue.standing import remembered
from dagster_project.drops.troubles import Troubles
from dagster_project.lake.store import Lake
from dagster_project.settings import settings
from dagster_project.warehouse.cache import reading

DAY = date(2021, 8, 1)
PERIOD = "2021-02-23;2021-07-31;forfait_mobilites_durables"
HEAD = "telephone;telephone_tronque;identifiant;du;au;usage"


def _operators(lake: Lake) -> dict[str, object]:
    return {one.id: one for one in remembered(lake, catalogue.operators(settings().catalogue))}


def ask(
    lake: Lake, operator_id: str, *lines: str, name: str = "demande_attestation.csv", on: date = DAY
) -> Answered:
    incoming = lake.drops / operator_id / "incoming"
    incoming.mkdir(parents=True, exist_ok=True)
    (incoming / name).write_text("\n".join((HEAD, *lines, "")), "utf-8")
    troubles = Troubles()
    with reading(lake) as connection:
        ((_, outcome),) = Desk(lake, connection, on, _operators(lake), troubles).answer_all()  # type: ignore[arg-type]
    assert isinstance(outcome, Answered), outcome
    assert not troubles and not (incoming / name).exists()
    return outcome
