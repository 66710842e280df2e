"""`entrepot feedback`: what a drop was answered, as the lake keeps it; operators' folders are not read."""

from datetime import date

import click

from dagster_project.lake.store import Lake


@click.command()
@click.argument("drop")
def feedback(drop: str) -> None:
    """Show the answer to a drop, by its file name or the beginning of its SHA-256."""
    from dagster_project.drops.answers.completion import completions
    from dagster_project.drops.answers.folder import answers, as_json, lines_name
    from dagster_project.warehouse.cache import reading

    lake = Lake()
    rows = answers(lake, drop)
    if not rows:
        raise click.ClickException(
            f"no answer to a drop named {drop} is kept: its night has not run yet, or its term is over"
        )
    completed = {}
    if lake.cache_file.exists():
        with reading(lake) as connection:
            completed = completions(connection, date.min)
    for row in rows:
        added = {} if "deja_recu" in row["answer"] else completed.get(row["drop_id"], {})
        click.echo(as_json(row["answer"] | added).decode())
        if row["answer"].get("motifs"):
            folder = lake.drops / row["operator_id"] / "feedback"
            click.echo(f"Line by line: {folder / lines_name(row['answer_name'])}\n")
