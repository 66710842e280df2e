"""What changes in mid-campaign moves nothing that came before: codes, territories, members, pots, operators."""

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from dagster_project.campaigns.check.codes import known_places
from dagster_project.campaigns.language.model import Campaign
from dagster_project.catalogue import catalogue
from dagster_project.catalogue.conventions import Convention
from dagster_project.catalogue.participation import under_conventions
from dagster_project.cli.main import main
from dagster_project.settings import PROJECT
from dagster_project.simulation.evaluate import evaluating, in_order
from dagster_project.simulation.journey_files import read_journeys
from tests.support.campaign_files import BASE, campaign_file

from .conftest import use

DATA = PROJECT / "data"
_TARIFF = {"par": "trajet", "tranches": [{"de_m": 0, "centimes": 81}]}
_YEARS = {"du": "2024-01-01", "au": "2025-12-31"}


def _campaign(name: str, **changes: Any) -> Campaign:
    given = BASE | {"id": name, "periode": _YEARS, "operateurs": "tous", "tarif": _TARIFF, "territoires": {}}
    return Campaign.model_validate(given | changes)


def _within(**territory: Any) -> dict[str, Any]:
    given = territory.pop("versions", territory)
    return {
        "territoires": {"ici": given},
        "eligibilite": [{"nom": "dedans", "origine_et_destination": "ici"}],
    }


def _ended(name: str, *conventions: dict[str, Any], **changes: Any) -> Campaign:
    """What the night makes of a campaign whose conventions have ended."""
    given = {"operator": "alpimob", "reference": "C", "signed_on": "2024-01-01"}
    signed = [Convention.model_validate(given | one) for one in conventions]
    authority = catalogue.authorities(DATA)[0].model_copy(update={"conventions": signed})
    return under_conventions(_campaign(name, **changes), authority, ["alpimob", "karavane"])


CAMPAIGNS = [
    # 01330 was merged into 01187 in 2025, 12076 only renumbered: 12218.
    _campaign("signed", **_within(commune=["01330", "12076"])),
    _campaign("of_2025", **_within(commune=["12218", "01187"], millesime=2025)),
    _campaign("amended", **_within(versions=[{"commune": ["74012"]}, {"du": "2025-02-01", "commune": ["12218"]}])),
    _campaign("members", **_within(aom=["200075372"])),
    _campaign("listed", operateurs=[{"du": "2024-01-01", "liste": ["karavane"]}, {"du": "2025-02-01", "liste": "tous"}]),
    # 12 journeys of 81 cents, four in each of the three months.
    _campaign("larger", budget={"euros": "2.00", "avenants": [{"du": "2025-02-01", "euros": "5.00"}]}),
    _campaign("smaller", budget={"euros": "5.00", "avenants": [{"du": "2025-02-01", "euros": "4.00"}]}),
    _campaign("unlimited", budget="aucun"),
    # CONVENTION article 16: the letter of 17 January takes effect on 1 February; a list of one leaves nobody.
    _ended("terminated", {"notice_sent_on": "2025-01-17"}),
    _ended("alone", {"ended_on": "2025-01-01"}, operateurs=[{"du": "2024-01-01", "liste": ["alpimob"]}]),
    _ended("signed_again", {"ended_on": "2025-01-01"}, {"signed_on": "2025-02-01"}),
    _ended("of_another", {"operator": "karavane", "ended_on": "2025-01-01"}),
]  # fmt: skip
PLACES = ("01187", "01330", "12076", "74012")
MONTHS = ("2024-12", "2025-01", "2025-02")


@pytest.fixture(scope="module")
def paid(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[tuple[str, str], int]]:
    """Per campaign, month and place (as of 2020) of both ends: cents."""
    root: Path = tmp_path_factory.mktemp("catalogue")
    for kind in ("operators", "authorities"):
        shutil.copytree(DATA / kind, root / kind)
    (root / "reference").symlink_to(DATA / "reference")
    file = root / "authorities/pmgf.yml"
    text = file.read_text("utf-8").replace('"200011773"', '{code: "200011773", to: 2025-01-31}')
    # A merger gives it another SIREN in the middle of January: its territory is what it was.
    old = 'siret: "20007537200017"'
    former = 'formerly: [{to: 2025-01-15, siret: "20007537200017"}]'
    file.write_text(text.replace(old, f'siret: "90234567700014"\n{former}'), "utf-8")
    centres = {
        row[0]: f"{row[2]},{row[1]}"
        for row in pl.read_parquet(DATA / "reference/places.parquet")
        .select("place_code", "centre_lon", "centre_lat")
        .rows()
    }
    header = "operator_id,operator_journey_id,start_at,distance_m,start_lat,start_lon,end_lat,end_lon"
    rows = [
        f"alpimob,{month}/{place},{month}-10T10:00:00Z,9000,{centres[place]},{centres[place]}"
        for month in MONTHS
        for place in PLACES
    ]
    journeys = root / "journeys.csv"
    journeys.write_text("\n".join([header, *rows]), "utf-8")
    ordered = in_order(read_journeys(journeys, root))
    with evaluating(CAMPAIGNS, ordered) as connection:
        found = connection.sql(
            "select campaign_id, operator_journey_id, incentive_cents from campaigns.campaign_incentives"
        ).fetchall()
    amounts: dict[str, dict[tuple[str, str], int]] = {}
    for campaign_id, journey, cents in found:
        month, place = journey.split("/")
        amounts.setdefault(campaign_id, {})[month, place] = cents
    return amounts


@pytest.mark.parametrize(
    ("campaign", "wanted"),
    [
        ("signed", {(month, place) for month in MONTHS for place in ("01330", "12076")}),
        ("of_2025", {(month, place) for month in MONTHS for place in ("01187", "01330", "12076")}),
        ("amended", {("2024-12", "74012"), ("2025-01", "74012"), ("2025-02", "12076")}),
        ("members", {("2024-12", "74012"), ("2025-01", "74012")}),
        ("listed", {("2025-02", place) for place in PLACES}),
        ("terminated", {(month, place) for month in MONTHS[:2] for place in PLACES}),
        ("alone", {("2024-12", place) for place in PLACES}),
        ("signed_again", {(month, place) for month in ("2024-12", "2025-02") for place in PLACES}),
        ("of_another", {(month, place) for month in MONTHS for place in PLACES}),
    ],
)
def test_who_and_where_count_as_they_were_on_the_day(
    paid: dict[str, dict[tuple[str, str], int]], campaign: str, wanted: set[tuple[str, str]]
) -> None:
    found = paid[campaign]
    assert {key for key, cents in found.items() if cents} == wanted
    assert {found[key] for key in wanted} == {81}


@pytest.mark.parametrize(
    ("campaign", "by_month"),
    [
        # What the first pot could not give is gone: journeys of January do not revive.
        ("larger", [200, 0, 300]),
        ("smaller", [324, 176, 0]),
        ("unlimited", [324, 324, 324]),
    ],
)
def test_an_amended_pot_pays_later_journeys_only(
    paid: dict[str, dict[tuple[str, str], int]], campaign: str, by_month: list[int]
) -> None:
    assert [sum(paid[campaign][month, place] for place in PLACES) for month in MONTHS] == by_month


def test_a_convention_ends_fifteen_days_after_its_letter_and_no_sooner() -> None:
    given = {
        "operator": "alpimob",
        "reference": "C",
        "signed_on": "2021-02-15",
        "notice_sent_on": "2021-05-01",
    }
    assert Convention.model_validate(given).end_on == date(2021, 5, 16)
    assert Convention.model_validate(given | {"ended_on": "2021-06-30"}).end_on == date(2021, 6, 30)
    with pytest.raises(ValidationError, match="précède la fin du préavis de 15 jours"):
        Convention.model_validate(given | {"ended_on": "2021-05-15"})


def test_two_share_an_incentive_and_no_cent_is_lost(tmp_path: Path) -> None:
    use(tmp_path / "home")
    share = [{"qui": "partage", "passager_pourcent": 40, "mois": [3], "article": "5"}, {"qui": "conducteur"}]
    file = campaign_file(tmp_path, beneficiaire=share, tarif=_TARIFF, budget="aucun")
    header = "operator_id,operator_journey_id,start_at,distance_m,start_commune,end_commune"
    rows = [f"alpimob,{month},2021-{month:02}-10T10:00:00Z,9000,74012,74012" for month in (3, 4)]
    journeys, out = tmp_path / "journeys.csv", tmp_path / "out.csv"
    journeys.write_text("\n".join([header, *rows]), "utf-8")
    arguments = ["--campaign", str(file), "--journeys", str(journeys)]
    result = CliRunner().invoke(main, ["simulate", *arguments, "--out", str(out)])
    assert result.exit_code == 0 and "budget" in result.output and "aucun" in result.output, result.output
    columns = ["beneficiaire", "driver_cents", "passenger_cents"]
    assert pl.read_csv(out).select(columns).rows() == [("partage", 49, 32), ("conducteur", 81, 0)]
    told = CliRunner().invoke(main, ["explain", *arguments, "--operator", "alpimob", "--journey", "3"]).output
    assert "la campagne n'a pas de budget" in told
    assert (
        "au passager : 0,32 € (40 % de 0,81 €, arrondis au centime inférieur), au conducteur le reste : 0,49 €"
        in told
    )


def test_the_codes_of_the_running_campaign_meant_the_same_in_every_year() -> None:
    """What is closed of it was paid by the codes of each journey's year: as of its first, nothing moves."""
    members = [
        "240100750",
        "240100891",
        "200000172",
        "200011773",
        "200067551",
        "247400583",
        "247400690",
        "247400724",
    ]
    held = known_places(DATA / "reference").filter(pl.col("epci").is_in(members))
    by_year = held.group_by("year").agg(pl.col("place_code").sort())["place_code"].to_list()
    assert by_year == [by_year[0]] * 6
