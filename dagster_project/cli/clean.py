"""`entrepot clean`: removes what a night makes again, and says what it leaves. Why: D-007."""

import shutil

import click

from dagster_project.files.folders import files_below
from dagster_project.lake.home import LockedError
from dagster_project.lake.store import Lake
from dagster_project.settings import PROJECT

_KEPT = {
    "keys": "no other key can take their place",
    "lake": "persons' journeys, the ledger, the registers, the archive",
    "drops": "what operators sent, and the answers",
    "payments": "banks' statements, and what became of them",
    "exports": "documents that went out",
    "requests": "answers to persons",
    "nights": "the page of each night",
    "dagster": "the history of the nights",
}


@click.command()
def clean() -> None:
    """Remove what a night makes again (caches, parsed models, rule rows); say what stays."""
    lake = Lake()
    rebuildable = (lake.cache_file.parent, lake.scratch, lake.catalogue)
    try:
        with lake.lock():
            removed = [folder for folder in rebuildable if folder.exists()]
            for folder in removed:
                shutil.rmtree(folder)
    except LockedError as error:
        raise click.ClickException(str(error)) from None
    for folder in (PROJECT / "dbt" / "target", PROJECT / "dbt" / "logs"):
        shutil.rmtree(folder, ignore_errors=True)
    for folder in removed:
        click.echo(f"removed: {folder.relative_to(lake.home)}")
    for name, why in _KEPT.items():
        if files := sum(1 for _ in files_below(lake.home / name)):
            click.echo(f"left: {name}, {files} files ({why})")
    click.echo(
        "The next night makes the rest again. To begin with nothing, give another folder: "
        "ENTREPOT_HOME=… make demo"
    )
