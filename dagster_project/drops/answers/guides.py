"""What explains an operator's answers, beside them: LISEZ-MOI.txt and the codes, each night anew."""

from dagster_project.contracts.documents import ANSWERS, GUIDE, READ_ME, read_me
from dagster_project.drops.answers.folder import deliver
from dagster_project.drops.claim import operators
from dagster_project.drops.troubles import Troubles
from dagster_project.lake.store import Lake
from dagster_project.settings import PROJECT


def write_guides(lake: Lake, troubles: Troubles) -> None:
    """Write them into every operator's folder; a code's `documentation` leads to the second."""
    text = read_me("Réponses du registre de preuve de covoiturage", "index.html", ANSWERS, "operator")
    guides = {READ_ME: text.encode(), GUIDE: (PROJECT / "docs" / GUIDE).read_bytes()}
    for operator_id, _ in operators(lake.drops, troubles):
        deliver(lake, operator_id, guides, troubles)
