"""Makes anew what is made from the lake: the cache, documents, authorities' journeys, operators' lists."""

from datetime import date

from dagster_project.catalogue.standing import without_access
from dagster_project.drops.answers.follow_up import follow_up
from dagster_project.drops.answers.labels import write_labels
from dagster_project.drops.troubles import Troubles
from dagster_project.lake.store import Lake
from dagster_project.reports.authority.export import export
from dagster_project.reports.publish import publish
from dagster_project.reports.shared.source import parties
from dagster_project.settings import settings
from dagster_project.warehouse import cache


def rebuild(lake: Lake, business_date: date) -> Troubles:
    """Build the cache beside the old one, publish from it; before any night, there is nothing to make.

    Returns what in operators' folders was in the way. Raises BuildError, ExportError.
    """
    troubles = Troubles()
    if not lake.warehouse.exists():
        return troubles
    cache.build(lake, business_date)
    with cache.reading(lake) as connection:
        publish(lake, connection, business_date, parties(settings().catalogue))
        closed = without_access(lake, settings().catalogue, settings().environment, business_date)
        export(lake, connection, closed)
        follow_up(lake, connection, business_date, troubles)
        write_labels(lake, connection, business_date, troubles)
    return troubles
