"""The names of the places that campaigns list by their codes."""

from collections.abc import Collection, Sequence
from pathlib import Path

import polars as pl

from dagster_project.campaigns.check.codes import COLUMNS
from dagster_project.campaigns.language.model import Campaign

_NAMED = {level: code for level, code in COLUMNS.items() if level != "ville"}


def codes_of(campaigns: Sequence[Campaign]) -> set[tuple[str, str]]:
    """The levels and codes of their territories."""
    return {
        pair
        for campaign in campaigns
        for name in campaign.territoires
        for _, selector, _ in campaign.versions(name)
        for pair in selector.codes
    }


def place_names(catalogue: Path, asked: Collection[tuple[str, str]]) -> dict[str, str]:
    """Of levels and codes, the names of their last year, if any, by both ("epci 200011773")."""
    known = pl.scan_parquet(catalogue / "reference" / "territories.parquet")
    names = dict[str, str]()
    for level, code in _NAMED.items():
        codes = [place_code for of, place_code in asked if of == level]
        if not codes:
            continue
        code_names = (
            known.filter(pl.col(code).is_in(codes)).sort("year").select(code, code.replace("_code", "_name"))
        )
        names |= {f"{level} {place}": words for place, words in code_names.collect().iter_rows() if words}
    return names
