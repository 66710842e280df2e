"""The public's pages: exports/public/index.html, and beside it one of each département that was told of.

They read editions alone, never the warehouse: what is on them has gone out. A page says what it was drawn
from, and is drawn again where there is more; the country's comes last. Not here: the data (reports).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from dagster_project.contracts.documents import PUBLIC
from dagster_project.contracts.lake_table import Table as LakeTable
from dagster_project.contracts.observatory import (
    PUBLIC_CALLS,
    PUBLIC_CORRECTIONS,
    PUBLIC_EDITIONS,
    PUBLIC_FLOWS,
    PUBLIC_TERRITORIES,
)
from dagster_project.lake.store import Lake
from dagster_project.pages.charts import Picture
from dagster_project.pages.maps import Flow, territory_map
from dagster_project.pages.observatory import data, money, tables
from dagster_project.pages.observatory.country import country
from dagster_project.pages.page import Table, month_words, publish, render
from dagster_project.reports.issued import PAGE
from dagster_project.reports.observatory.campaigns import PublicCampaign
from dagster_project.reports.observatory.data_set import edition
from dagster_project.reports.shared.french import french_day

_SECTIONS = (
    *(("bref", "En bref"), ("mois-section", "Mois par mois")),
    *(("territoires-section", "Territoires"), ("flux-section", "D’où et vers où")),
)
_MONEY = (("campagnes-section", "Campagnes"), ("donnees-section", "Données ouvertes"))
_METHOD = (("methode", "Méthode"),)
_LEVELS = ("commune", "epci", "departement", "region")
_HEAD = 1_000  # characters of a page, in which it names what it was drawn from


@dataclass(frozen=True)
class _Editions:
    """What was told of the country or a département: months, newest first, their rows, and its mark."""

    months: Mapping[date, date]  # with the day on which each was told
    territories: pl.DataFrame
    flows: pl.DataFrame
    mark: str


def publish_observatory(lake: Lake, campaigns: Sequence[PublicCampaign], reference: Path) -> list[Path]:
    """Write the pages of which there is more to tell; returns those that were written."""
    folder, mark, written = lake.exports / PUBLIC, edition(lake), list[Path]()
    if _shows(folder / PAGE, mark):
        return []
    edition_rows = lake.read(PUBLIC_EDITIONS).sort("month_on", descending=True)
    told_on = dict(edition_rows.select("month_on", "business_date").iter_rows())
    months = list(told_on)
    editions = _Editions(
        told_on,
        _without_old_communes(_rows(lake, PUBLIC_TERRITORIES, months), months),
        _rows(lake, PUBLIC_FLOWS, months[: tables.SHOWN_MONTHS]),
        mark,
    )
    places = pl.scan_parquet(reference / "territories.parquet")
    places = places.filter(pl.col("year") == pl.col("year").max())
    for code, of_one in _departements(editions):
        page = folder / tables.page_name(code)
        if not _shows(page, of_one.mark):
            publish(page, _departement_page(of_one, code, places, reference))
            written.append(page)
    corrections = lake.read(PUBLIC_CORRECTIONS).sort("month_on", "business_date", descending=True)
    wholes = editions.territories.filter(level="ensemble", is_rest=False).select("month_on", "journeys")
    calls = lake.read(PUBLIC_CALLS).sort("period_start_on", "campaign_id", descending=[True, False])
    national = {
        "country": country(editions.territories, _recent(editions, "ensemble"), reference),
        "campaigns": money.campaigns(campaigns, _names(places)),
        "rules": [money.rules(campaign) for campaign in campaigns],
        "calls": money.calls(calls, {campaign.id: campaign.nom for campaign in campaigns}),
        "files": data.files(months),
        "corrections": data.corrections(corrections, dict(wholes.iter_rows())),
    }
    publish(folder / PAGE, _page(editions, "ensemble", "France", list(_parts(editions)), None, national))
    return [*written, folder / PAGE]


def _shows(page: Path, mark: str) -> bool:
    if not page.exists():
        return False
    with page.open(encoding="utf-8") as text:
        return f'content="{mark}"' in text.read(_HEAD)


def _rows(lake: Lake, table: LakeTable, months: Sequence[date]) -> pl.DataFrame:
    return pl.concat([table.empty, *(lake.read(table, f"{month:%Y-%m}") for month in months)])


def _without_old_communes(rows: pl.DataFrame, months: Sequence[date]) -> pl.DataFrame:
    """Of communes and what is left beside them, the last month's rows and the same of the year before."""
    kept = [month for last in months[:1] for month in (last, tables.year_before(last))]
    is_small = pl.col("level").eq("commune") | pl.col("level").eq("epci") & pl.col("is_rest")
    return rows.filter(~is_small | pl.col("month_on").is_in(kept))


def _departements(editions: _Editions) -> Iterator[tuple[str, _Editions]]:
    """Each with its rows; the mark says how many months there are, and which is the last."""
    flows = editions.flows.partition_by("origin_departement_code", as_dict=True)
    mark = f"{max(editions.months, default='')} {len(editions.months)}"
    for (code,), rows in sorted(
        editions.territories.filter(pl.col("level").is_in(["departement", "epci", "commune"]))
        .partition_by("departement_code", as_dict=True)
        .items()
    ):
        yield str(code), _Editions(editions.months, rows, flows.get((code,), editions.flows.clear()), mark)


def _departement_page(editions: _Editions, code: str, places: pl.LazyFrame, reference: Path) -> str:
    own = places.filter(departement_code=code).select("place_code", pl.coalesce("epci_code", "commune_code"))
    name = editions.territories.filter(level="departement")["name"][0] or code
    picture = _map(editions.flows, dict(own.collect().iter_rows()), reference)
    return _page(editions, "departement", f"{name} ({code})", list(_parts_of_departement(editions)), picture)


def _page(
    editions: _Editions,
    whole: str,
    name: str,
    parts: Sequence[Table],
    picture: Picture | None,
    national: Mapping[str, Any] | None = None,
) -> str:
    """A page of all that was told of a territory, whose level is `whole`."""
    wholes = editions.territories.filter(level=whole, is_rest=False).sort("month_on").to_dicts()
    recent = _recent(editions, whole)
    last = wholes[-1]["month_on"] if wholes else None
    return render(
        "observatory/index.html.jinja",
        title=f"Covoiturage : {name}",
        lead="Trajets de covoiturage du registre de preuve, publiés chaque mois.",
        foot="Page sans donnée personnelle, faite de ce que le registre de preuve publie pour tous.",
        sections=[*_SECTIONS, *(_MONEY if national else ()), *_METHOD],
        mark=editions.mark,
        is_national=bool(national),
        cards=tables.cards(wholes),
        cards_month=month_words(last).capitalize() if last else "",
        told_on=french_day(editions.months[last]) if last else "",
        years=tables.years(wholes),
        months=tables.months(wholes),
        choice=tables.month_choice(recent),
        chosen={"mois": f"{recent[0]:%Y-%m}" if recent else ""},
        territories=parts,
        map=picture,
        flows=tables.flows(editions.flows.filter(pl.col("month_on").is_in(recent))),
        **(national or {}),
    )


def _recent(editions: _Editions, whole: str) -> list[date]:
    """The last months of which the territory was told."""
    known = editions.territories.filter(level=whole, is_rest=False)["month_on"].to_list()
    return [month for month in list(editions.months)[: tables.SHOWN_MONTHS] if month in known]


def _parts(editions: _Editions) -> Iterator[Table]:
    shown = pl.col("level").is_in(["departement", "pays", "inconnu"]) & ~pl.col("is_rest")
    rows = editions.territories.filter(pl.col("level").eq("ensemble") | shown)
    caption = "Trajets par département ou pays de départ"
    months = _recent(editions, "ensemble")
    yield tables.territories("territoires", caption, "Territoire", rows, "ensemble", months, linked=True)


def _parts_of_departement(editions: _Editions) -> Iterator[Table]:
    whole, months = "departement", _recent(editions, "departement")
    is_whole, is_epci = pl.col("level").eq(whole), pl.col("level").eq("epci")
    rows = editions.territories.filter(is_whole | is_epci & ~pl.col("is_rest"))
    yield tables.territories("epci", "Trajets par EPCI de départ", "EPCI", rows, whole, months)
    rows = editions.territories.filter(is_whole | pl.col("level").eq("commune") | is_epci & pl.col("is_rest"))
    last = [month for month in months[:1] if month == max(editions.months)]
    caption = "Trajets par commune de départ, le dernier mois"
    yield tables.territories("communes", caption, "Commune", rows, whole, last)


def _map(flows: pl.DataFrame, communes: Mapping[str, str], reference: Path) -> Picture | None:
    """Ways between places that are no rest; nothing where there is none."""
    known = flows.filter(~pl.col("origin_is_rest") & ~pl.col("destination_is_rest")).drop_nulls(
        ["origin_name", "destination_name"]
    )
    if known.is_empty():
        return None
    drawn = [
        Flow(
            _end(row, "origin_"),
            _end(row, "destination_"),
            row["passenger_journeys"],
            f"{row['month_on']:%Y-%m}",
        )
        for row in known.iter_rows(named=True)
    ]
    title = "Les plus grands flux du mois choisi, au départ : l’épaisseur dit le nombre de trajets"
    return territory_map(reference, communes, drawn, "mois", max(flow.mark for flow in drawn), title)


def _end(row: Mapping[str, Any], prefix: str) -> str:
    code = row[f"{prefix}commune_code"] or row[f"{prefix}epci_code"] or row[f"{prefix}departement_code"]
    return f"{code} {row[f'{prefix}name']}"


def _names(places: pl.LazyFrame) -> dict[str, str]:
    """What codes of territories are called."""
    named = [places.select(code=f"{level}_code", name=f"{level}_name").unique() for level in _LEVELS]
    return dict(pl.concat(named).drop_nulls().collect().iter_rows())
