"""Whose an EPCI is, day by day, as authorities list their members, and what is wrong with a list."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any

import polars as pl

from dagster_project.catalogue.parties import Authority
from dagster_project.files.yaml_files import Problem

MEMBER_PERIODS: dict[str, pl.DataType | type[pl.DataType]] = {
    "epci_code": pl.String,
    "from_on": pl.Date,
    "to_on": pl.Date,
    "authority_id": pl.String,
    "siren": pl.String,
}


def member_periods(authorities: Iterable[Authority]) -> list[dict[str, Any]]:
    """Per EPCI that some authority lists, all time in periods: whose it is, or nobody's (null)."""
    spans = sorted(
        (member.code, member.since, member.through, authority.id, authority.first_siren)
        for authority in authorities
        for member in authority.epci
    )
    rows: list[dict[str, Any]] = []
    for code, of_code in groupby(spans, key=lambda span: span[0]):
        free: date | None = date.min
        for _, first, last, authority_id, siren in of_code:
            if free is not None and free < first:
                rows.append(_row(code, free, first - timedelta(days=1), None, None))
            rows.append(_row(code, first, last, authority_id, siren))
            free = last + timedelta(days=1) if last < date.max else None
        if free is not None:
            rows.append(_row(code, free, date.max, None, None))
    return rows


def _row(code: str, first: date, last: date, authority_id: str | None, siren: str | None) -> dict[str, Any]:
    return dict(zip(MEMBER_PERIODS, (code, first, last, authority_id, siren), strict=True))


def doubly_claimed(
    authority: Authority, owners: dict[str, list[tuple[date, date, str]]]
) -> Iterator[Problem]:
    """Members that are another authority's at the same time, or twice its own; adds its own to `owners`."""
    for index, member in enumerate(authority.epci):
        taken = owners.setdefault(member.code, [])
        for first, last, owner in taken:
            if first <= member.through and member.since <= last:
                what = f"EPCI `{member.code}` déjà dans l'autorité `{owner}`"
                yield ("epci", index), f"{what} ; le retirer de l'une des deux, ou dater (`from`, `to`)"
                break
        taken.append((member.since, member.through, authority.id))


def ended(authority: Authority, places: pl.DataFrame, last_years: Mapping[str, int]) -> Iterator[Problem]:
    """Members whose code is in no year of the reference, or ends before the membership does.

    `last_years`: the last year of each EPCI among `places`.
    """
    latest = max(last_years.values())
    for index, member in enumerate(authority.epci):
        last = last_years.get(member.code)
        if last is None:
            yield ("epci", index), f"EPCI `{member.code}` inconnu du référentiel ; corriger le code"
            continue
        if last == latest or member.through.year <= last:
            continue
        of_last = places.filter(epci=member.code, year=last)
        after = places.filter(year=last + 1).join(of_last, on="place_code", how="semi")["epci"]
        following = ", ".join(f"`{code}`" for code in after.drop_nulls().unique().sort())
        yield (
            ("epci", index),
            (
                f"le code d'EPCI `{member.code}` finit avec {last} : ses communes sont ensuite dans "
                f'{following or "aucun EPCI"} ; écrire `{{code: "{member.code}", to: {last}-12-31}}` et '
                f"ajouter le suivant, `from: {last + 1}-01-01`"
            ),
        )


def places_with_authority(places: pl.DataFrame, periods: Sequence[tuple[Any, ...]]) -> pl.DataFrame:
    """Each place of each year with its authority (`aom`, a SIREN); a row for each that it had in the year."""
    members = pl.DataFrame(periods, schema=MEMBER_PERIODS, orient="row").select(
        pl.col("epci_code").alias("epci"), "from_on", "to_on", pl.col("siren").alias("aom")
    )
    return (
        places.join(members, on="epci", how="left")
        .filter(
            pl.col("from_on").is_null()
            | (
                (pl.col("from_on").dt.year() <= pl.col("year"))
                & (pl.col("to_on").dt.year() >= pl.col("year"))
            )
        )
        .drop("from_on", "to_on")
    )
