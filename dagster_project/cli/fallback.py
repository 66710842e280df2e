"""`entrepot fallback`: reads arguments, prints; nothing is checked here (CONVENTION article 5)."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from dagster_project.catalogue.catalogue import CatalogueError

_PATH = click.Path(path_type=Path)


class _NothingCheckedError(click.ClickException):
    exit_code = 2


@click.command()
@click.argument("file", type=_PATH, metavar="FICHIER")
@click.option("--operator", "operator_id", required=True, help="Identifiant de l'opérateur qui envoie.")
@click.option("--authority", "authority_id", help="Identifiant de l'autorité : faire aussi son annexe 3.")
@click.option(
    "--date",
    "day",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Jour du contrôle (Europe/Paris) ; sinon, celui où le fichier a été écrit.",
)
@click.option(
    "--out",
    type=_PATH,
    default=Path("secours"),
    show_default=True,
    help="Dossier de la réponse et de l'annexe 3, nouveau ou vide.",
)
def fallback(file: Path, operator_id: str, authority_id: str | None, day: datetime | None, out: Path) -> None:
    """Contrôler un fichier de trajets sans le registre, en cas de défaillance (convention, article 5).

    Code de retour : 0, tout est accepté ; 1, des lignes, le fichier ou l'accès sont à corriger ; 2, rien n'a
    été contrôlé.
    """
    from dagster_project.fallback import NOT_KNOWN, FallbackError, check_file
    from dagster_project.reports.authority.export import ExportError
    from dagster_project.warehouse.dbt_run import BuildError

    try:
        result = check_file(file, operator_id, authority_id, day.date() if day else None, out)
    except (FallbackError, CatalogueError, BuildError, ExportError) as error:
        raise _NothingCheckedError(str(error)) from None
    _tell(result.answer)
    click.echo(f"Réponse : {result.file}")
    if "acces_ferme" in result.answer:
        click.echo(f"Annexe 3 : aucune, l'autorité n'a pas d'accès ({result.answer['acces_ferme']}).")
    elif "autorite" in result.answer:
        seen, where = result.answer["trajets_du_territoire"], f", dans {out / str(authority_id)}"
        click.echo(f"Annexe 3 : {seen} trajet(s) du territoire{where if seen else ', aucun fichier'}")
    click.echo("\n- ".join(["Le secours ne connaît pas :", *NOT_KNOWN]))
    sys.exit(0 if result.is_good else 1)


def _tell(answer: dict[str, Any]) -> None:
    """The answer in a few lines: counts and codes, no value of the file."""
    if refusal := answer.get("refus"):
        click.echo(f"Fichier refusé, {refusal['code']} : {refusal['motif']} {refusal['remede']}")
    else:
        click.echo(
            f"Jour du contrôle : {answer['date_de_traitement']}. Format {answer['format']}, "
            f"{answer['lignes_lues']} ligne(s) : {answer['lignes_acceptees']} acceptée(s), "
            f"{answer['lignes_rejetees']} rejetée(s)."
        )
    if warning := answer.get("avertissement"):
        click.echo(f"Avertissement, {warning['code']} : {warning['motif']} {warning['remede']}")
    for reason in answer["motifs"]:
        click.echo(
            f"- {reason['gravite']}, {reason['colonne']}, {reason['code']} : {reason['lignes']} ligne(s)"
        )
    for code, count in answer.get("trajets_refuses_ou_signales", {}).items():
        click.echo(f"- refusé ou signalé, {code} : {count} trajet(s)")
