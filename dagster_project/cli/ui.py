"""`entrepot ui` and `entrepot users`: Dagster's pages, and who may open them."""

from contextlib import nullcontext
from pathlib import Path

import click

from dagster_project.lake.store import Lake
from dagster_project.runner.instance import use_dagster_home
from dagster_project.settings import PROJECT, settings
from dagster_project.ui.accounts import MIN_PASSWORD, ROLES, VIEWER, AccountError, Users


def _users() -> Users:
    return Users(settings().users or Lake().keys / "users.json")


@click.command()
@click.option("--port", default=3000, show_default=True)
@click.option("--daemon/--no-daemon", "with_daemon", default=True, help="Start Dagster's daemon beside.")
@click.option(
    "--workspace",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    default=PROJECT / "workspace.yaml",
    help="Where Dagster finds the code; default: this project's workspace.yaml.",
)
def ui(port: int, workspace: Path, *, with_daemon: bool) -> None:
    """Serve Dagster's pages on 127.0.0.1, behind a login: engineers launch, viewers see."""
    import dagster as dg

    from dagster_project.defs.killed import end_killed
    from dagster_project.ui import server

    use_dagster_home()
    with dg.DagsterInstance.get() as instance:
        end_killed(instance, Lake().died())  # or the queue would wait for it
    try:
        with server.daemon(workspace) if with_daemon else nullcontext():
            server.serve(port, settings().ui_address, _users(), workspace)
    except AccountError as error:
        raise click.ClickException(str(error)) from None


@click.group()
def users() -> None:
    """Who may open Dagster's pages."""


@users.command()
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), default=VIEWER, show_default=True)
@click.password_option(help=f"Asked for when it is not given: {MIN_PASSWORD} characters at least.")
def add(name: str, role: str, password: str) -> None:
    """Add somebody, or give them another role and password; their sessions end."""
    try:
        _users().add(name, role, password)
    except AccountError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{name}: {role}")


@users.command()
@click.argument("name")
def remove(name: str) -> None:
    """Take somebody out; their sessions end."""
    try:
        _users().remove(name)
    except AccountError as error:
        raise click.ClickException(str(error)) from None


@users.command("list")
def list_users() -> None:
    """Show names and roles."""
    try:
        for name, entry in sorted(_users().entries().items()):
            click.echo(f"{name}: {entry['role']}")
    except AccountError as error:
        raise click.ClickException(str(error)) from None
