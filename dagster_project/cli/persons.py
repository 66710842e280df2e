"""`entrepot person`: what one person may ask (JURIDIQUE étape 1). Values come from a file or a prompt."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dagster_project.contracts.lake_tables import DROPS
from dagster_project.lake.home import LockedError
from dagster_project.lake.keys import KeyFileError
from dagster_project.lake.store import Lake
from dagster_project.settings import settings

if TYPE_CHECKING:  # the command line must start fast
    from dagster_project.drops.troubles import Troubles
    from dagster_project.rights.person import Person


@click.group()
def person() -> None:
    """Access, rectification, erasure, limitation for one person.

    The person stands in a file of mode 0600, or is asked for: `telephone: 06 39 98 01 23`, or the three
    lines `telephone_tronque`, `operateur`, `identifiant`. No value goes on the command line, where the
    shell would keep it.
    """


def _options(command: Callable[..., None]) -> Callable[..., None]:
    file = click.Path(path_type=Path, exists=True, dir_okay=False)
    day = click.DateTime(["%Y-%m-%d"])
    with_file = click.option("--file", type=file, help="The request, mode 0600; without it, you are asked.")
    with_day = click.option("--date", "day", type=day, required=True, help="Business date of the request.")
    return with_day(with_file(command))


@person.command()
@_options
def access(day: datetime, file: Path | None) -> None:
    """Write what is held of a person, why and until when, as PDF and JSON."""
    from dagster_project.rights.access import answer

    with _request(day, file) as (lake, requester, _, on):
        folder = answer(lake, requester, on)
    click.echo(f"{folder}: give it to the person; the night removes it after 30 days")


@person.command()
@_options
def rectify(day: datetime, file: Path | None) -> None:
    """Correct a person's phone, name, address or pass (`nouveau_nom: …`, one line each)."""
    from dagster_project.outputs import rebuild
    from dagster_project.rights import limits

    with _request(day, file, corrects=True) as (lake, requester, corrections, on):
        limits.rectify(lake, requester, corrections, on)
        _tell(rebuild(lake, on))
    click.echo("rectified. The operator must correct it, too: its next drop would bring the old value back")


@person.command()
@_options
@click.confirmation_option(prompt="The person's journeys go, and what is not closed is never paid. Go on?")
def erase(day: datetime, file: Path | None) -> None:
    """Erase a person everywhere, and prove it; what is closed stays as an amount of nobody."""
    from dagster_project.backup.copies import not_searched
    from dagster_project.outputs import rebuild
    from dagster_project.rights import erasure

    with _request(day, file) as (lake, requester, _, on):
        counts = requester.journeys.height, requester.identities.height, requester.rejected.height
        files = erasure.erase(lake, requester, on)
        _tell(rebuild(lake, on))
        proof = erasure.prove(lake, requester, on)
        copies = not_searched(lake)
    click.echo("{} rows of journeys, {} of identities, {} rejected rows erased".format(*counts))
    for hit in proof.hits:
        click.echo(f"still in {hit.path.relative_to(settings().home)} ({hit.kind})", err=True)
    for count, why in (
        (proof.too_short, "values are too short to be told from chance"),
        (proof.of_others, "values are somebody else's, too"),
    ):
        if count:
            click.echo(f"not searched for: {count} {why}")
    if proof.waiting:
        click.echo(f"not touched: {proof.waiting} files in incoming/ hold a value; the next night takes them")
    click.echo(f"{proof.searched} values searched for, {proof.files_found} files hold one")
    if copies:
        click.echo(copies)
    if is_unknown := not any(counts) and (files or proof.hits):
        click.echo(
            f"Nobody of this name was found, yet {files + proof.files_found} files held a value. Remedy: "
            "compare phone and operator with those files, look at `entrepot keys status`, and ask again.",
            err=True,
        )
    sys.exit(bool(proof.hits or is_unknown))


@person.command()
@_options
@click.option("--lift", is_flag=True, help="End the limitation: journeys are used again.")
def restrict(day: datetime, file: Path | None, lift: bool) -> None:
    """Keep a person's journeys and use them no more, until the limitation is lifted."""
    from dagster_project.outputs import rebuild
    from dagster_project.rights import limits

    with _request(day, file) as (lake, requester, _, on):
        (limits.lift if lift else limits.restrict)(lake, requester, on)
        _tell(rebuild(lake, on))
    click.echo("lifted" if lift else "limited: out of exports, archive and amounts until --lift")


def _tell(troubles: "Troubles") -> None:
    for line in troubles.lines:
        click.echo(line, err=True)


@contextmanager
def _request(
    day: datetime, file: Path | None, *, corrects: bool = False
) -> Iterator[tuple[Lake, "Person", dict[str, str], date]]:
    """The person and what to correct, under the lock; the business date is never before the warehouse's."""
    from dagster_project.reports.authority.export import ExportError
    from dagster_project.rights.person import RequestError, find, parse_request, read_request
    from dagster_project.warehouse.dbt_run import BuildError

    lake = Lake()
    try:
        given, corrections = read_request(file) if file else parse_request(_prompted(corrects))
        if corrects and not corrections:
            raise RequestError("nothing to correct: add a line such as `nouveau_nom: …`")
        with lake.lock():
            lake.check_keys()  # with another one, nobody would be found
            nights = lake.read(DROPS)["business_date"].to_list()
            if nights and not lake.cache_file.exists():  # verdicts that must outlast the request stand there
                raise RequestError(f"the cache is gone: make it by entrepot nightly --date {max(nights)}")
            on = max([day.date(), *nights])
            yield lake, find(lake, given), corrections, on
    except (RequestError, LockedError, KeyFileError, BuildError, ExportError) as error:
        raise click.ClickException(str(error)) from None


def _prompted(corrects: bool) -> str:
    """The request as asked on the terminal, or read from a pipe; nothing of it is shown."""
    from dagster_project.rights.person import CORRECTIONS, NAMES

    lines: list[str] = []
    for name in (*NAMES, *(CORRECTIONS if corrects else ())):
        if name in NAMES and lines and lines[0].startswith("telephone:"):
            continue
        value = click.prompt(name, default="", hide_input=sys.stdin.isatty(), show_default=False, err=True)
        if value:
            lines.append(f"{name}: {value}")
    return "\n".join(lines)
