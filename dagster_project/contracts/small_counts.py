"""Counts where journeys and persons are only counted: on screens, in metadata; none that points at a few.

Why: D-064.
"""

from dagster_project.contracts.archive import K

FEW = f"moins de {K}"


def shown(count: int) -> int | str:
    """The count where it is none, or K at least; else that it is less."""
    return count if count == 0 or count >= K else FEW
