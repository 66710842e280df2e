"""A copy of the common home's closed ledger, to change, and its documents published again."""

import shutil
from datetime import date
from pathlib import Path

from dagster_project.lake.store import Lake
from dagster_project.proof import witness
from dagster_project.reports.publish import publish
from dagster_project.reports.shared.folder import Publication
from dagster_project.reports.shared.source import parties
from dagster_project.settings import settings
from dagster_project.warehouse.cache import reading
from tests.conftest import use


def copied(house: Lake, home: Path) -> Lake:
    """The house's ledger, exports, keys and cache, its witness beside it."""
    for name in ("lake", "exports", "keys", "warehouse"):
        shutil.copytree(house.home / name, home / name)
    shutil.copyfile(witness.file(house), witness.file(Lake(home)))
    return use(home)


def published(lake: Lake) -> Publication:
    with reading(lake) as connection:
        return publish(lake, connection, date(2021, 8, 1), parties(settings().catalogue))
