"""The code location: everything in defs/, run step after step in one process."""

from pathlib import Path

import dagster as dg

from dagster_project.defs.code import with_code
from dagster_project.defs.resources import Night
from dagster_project.files import disk

disk.begin()  # Dagster loads this in processes that it starts itself


@dg.definitions
def definitions() -> dg.Definitions:
    """Assets, checks, job, schedule and sensor of the night."""
    return dg.Definitions.merge(
        with_code(dg.load_from_defs_folder(path_within_project=Path(__file__))),
        # One process: a night is seconds of SQL, and starting a process per step would double it.
        dg.Definitions(resources={"night": Night()}, executor=dg.in_process_executor),
    )
