"""What the base has paid for the months of a simulation, and why the file in force gives something else."""

from datetime import date, timedelta
from typing import Any

import duckdb

from dagster_project.campaigns.language.model import Campaign
from dagster_project.contracts.moments import first_instant
from dagster_project.files.statements import statements

_SQL = statements(__file__)


def paid(
    connection: duckdb.DuckDBPyConnection, campaign: Campaign, first_on: date, last_on: date
) -> list[dict[str, Any]]:
    """By month of the journeys, cents of incentives and of fees with VAT, settled and waiting."""
    key = {"campaign": campaign.id, "first": first_on, "last": last_on}
    return list(connection.execute(_SQL["paid"], key).pl().to_dicts())


def reasons(
    connection: duckdb.DuckDBPyConnection, campaign: Campaign, first_on: date, last_on: date
) -> list[dict[str, Any]]:
    """What the first variant of `told` (figures) gives more or less, by reason; the rows sum to all of it."""
    key = {
        "campaign": campaign.id,
        "first": first_on,
        "last": last_on,
        "from_at": first_instant(first_on, campaign.zone),
        "until_at": first_instant(last_on + timedelta(days=1), campaign.zone),
    }
    return list(connection.execute(_SQL["reasons"], key).pl().to_dicts())
