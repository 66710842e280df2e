"""What an authority does with a campaign file: check it, weigh it, amend it, have an amount explained."""

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest
import yaml
from click.testing import CliRunner

from dagster_project.catalogue import catalogue
from dagster_project.cli.main import main
from dagster_project.lake.store import Lake
from dagster_project.settings import PROJECT
from dagster_project.warehouse.cache import reading

from .conftest import use

PMGF = PROJECT / "data/campaigns/pmgf_2021.yml"
HEADER = "operator_id,operator_journey_id,operator_trip_id,operator_class,start_at,distance_m,seats,driver_identity_key"
PLACE = "start_lat,start_lon,end_lat,end_lon"


def _edited(tmp_path: Path, *changes: tuple[str, str]) -> Path:
    text = PMGF.read_text("utf-8")
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    file = tmp_path / "pmgf_2021.yml"
    file.write_text(text, "utf-8")
    return file


@pytest.mark.parametrize(
    ("before", "after", "line_of", "told"),
    [
        ("alpimob, covoit", "alpimbo, covoit", "liste:", "opérateur `alpimbo` inconnu ; le plus proche est `alpimob`"),
        ('"240100750"', '"240100751"', "epci:", "epci `240100751` inconnu du référentiel ; le plus proche est"),
        ("territoire: genevois", "territoire: genevoi", "perimetre:", "le plus proche est `genevois`"),
        ("autorite: pmgf", "autorite: pmgff", "autorite:", "le plus proche est `pmgf`"),
        ("classes: [A, B, C]", "classes: [D]", "classes:", "`D` n'est pas admis ; écrire `A`, `B` ou `C`"),
        ("a_m: 20000", "a_m: 25000", "tarif:", "chevauche la précédente"),
        ("min_m: 2000", "min_m: 60000", "a_m: 20000", "la tranche dès 2000 m ne s'appliquerait jamais"),
        ("classes: [A, B, C]", "classes: [C]\n    du: 2020-01-01\n    au: 2020-12-31", "nom: classe", "période hors"),
        ("fuseau:", "fuso: x\nfuseau:", "fuso:", "clé inconnue ici ; le plus proche est `fuseau`"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_told_with_line_and_remedy(
    tmp_path: Path, before: str, after: str, line_of: str, told: str
) -> None:
    file = _edited(tmp_path, (before, after))
    result = CliRunner().invoke(main, ["check-campaign", str(file)])
    assert result.exit_code == 1
    (line,) = [line for line in result.stderr.splitlines() if told in line]
    lines = file.read_text("utf-8").splitlines()
    number = int(line.removeprefix(f"{file}:").split(":")[0])
    assert line_of in lines[number - 1]


def test_overlapping_tables_and_an_advance_above_the_budget_are_told(tmp_path: Path) -> None:
    given = yaml.safe_load(PMGF.read_text("utf-8"))
    bands = given["tarif"].pop("tranches")
    given["tarif"]["tables"] = [
        {"nom": "une", "mode": "unique", "tranches": bands},
        {"nom": "deux", "mode": "unique", "du": date(2021, 6, 1), "tranches": bands},
    ]
    forecasts = [{"alpimob": 12_000, "karavane": 1}, {"alpimob": 90, "inconnu": 1}]
    given["acompte"] = {
        "previsions": [{"du": date(2021, 3 * n + 2, 1), "euros": one} for n, one in enumerate(forecasts)]
    }
    file = tmp_path / "pmgf_2021.yml"
    file.write_text(yaml.safe_dump(given, allow_unicode=True), "utf-8")
    told = "\n".join(catalogue.check(file, PROJECT / "data"))
    assert "les tables `une` et `deux` se recouvrent" in told
    assert "l'acompte (12002 €) dépasse le budget (12000 €)" in told
    assert "opérateur `inconnu` dans aucune liste d'`operateurs`" in told


def test_a_fee_that_no_electronic_invoice_could_bear_is_refused(tmp_path: Path) -> None:
    lines = catalogue.check(_edited(tmp_path, ("centimes_ht: 50", "centimes_ht: 33")), PROJECT / "data")
    assert [line for line in lines if "TVA par trajet plus fine que le centime" in line], lines


def test_every_campaign_of_the_catalogue_is_without_error() -> None:
    result = CliRunner().invoke(
        main, ["check-campaign", *map(str, (PROJECT / "data/campaigns").glob("*.yml"))]
    )
    assert result.exit_code == 0, result.output


def _simulate(tmp_path: Path, campaign: Path, rows: list[str], *more: str) -> pl.DataFrame:
    use(tmp_path / "home")
    journeys, out = tmp_path / "journeys.csv", tmp_path / "out.csv"
    journeys.write_text("\n".join([f"{HEADER},{PLACE}", *rows]), "utf-8")
    arguments = [
        "simulate",
        "--campaign",
        str(campaign),
        "--journeys",
        str(journeys),
        "--out",
        str(out),
        *more,
    ]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert not (tmp_path / "home").exists(), "no zone is touched"
    return pl.read_csv(out)


_INSIDE = "46.19,6.23,46.2,6.3"


def test_an_amendment_moves_no_earlier_amount(tmp_path: Path) -> None:
    days = [f"alpimob,j{day},t,C,2021-06-{day:02}T10:00:00Z,30000,1,d1,{_INSIDE}" for day in range(1, 21)]
    before = _simulate(tmp_path, PMGF, days)
    amended = _edited(
        tmp_path,
        (
            "commission:",
            "  ajustements:\n    - {multiplier: 2, quand: {du: 2021-06-11}, article: avenant 1}\n\ncommission:",
        ),
    )
    after = _simulate(tmp_path, amended, days)
    assert before["amount_cents"].to_list() == [300] * 20
    assert after["amount_cents"].to_list() == [300] * 10 + [600] * 10


def test_a_simulation_says_all_reasons_and_takes_opening_balances(tmp_path: Path) -> None:
    rows = [
        f"alpimob,paid,t,C,2021-06-01T10:00:00Z,30000,,d1,{_INSIDE}",
        "nobody,far,t,C,2020-06-01T10:00:00Z,1000,1,d1,48.85,2.35,48.9,2.4",
        f"alpimob,cut,t,C,2021-06-02T10:00:00+02:00,30000,1,d1,{_INSIDE}",
    ]
    opening = tmp_path / "opening.csv"
    opening.write_text("cap,key,window,value\nbudget,,,1199600\n", "utf-8")
    found = _simulate(tmp_path, PMGF, rows, "--opening-balances", str(opening))
    by_id = {row["operator_journey_id"]: row for row in found.to_dicts()}
    assert by_id["far"]["reasons"] == "periode|perimetre|operateur|distance_minimale"
    assert (by_id["paid"]["amount_cents"], by_id["paid"]["fee_cents"]) == (300, 60)
    assert (by_id["cut"]["amount_before_caps_cents"], by_id["cut"]["amount_cents"]) == (300, 40)
    assert by_id["cut"]["reasons"] == "budget"


def test_an_amount_is_explained_from_what_the_night_computed(house: Lake) -> None:
    use(house.home)
    with reading(house) as connection:
        operator, journey, cents = connection.sql(
            "select operator_id, operator_journey_id, incentive_cents from campaigns.campaign_incentives "
            "where incentive_cents > 210 and not is_cut_by_budget order by all limit 1"
        ).fetchall()[0]
    arguments = ["explain", "--campaign", "pmgf_2021", "--operator", operator, "--journey", journey]
    told = CliRunner().invoke(main, arguments)
    assert told.exit_code == 0, told.output
    assert f"→ {cents} ct" in told.output and "article 6.2" in told.output and "Appel de fonds" in told.output
    found = json.loads(CliRunner().invoke(main, [*arguments, "--json"]).output)
    assert found["budget"]["incentive_cents"] == found["tariff"]["rounded_cents"] == cents
    assert [test for test in found["tests"] if not test["holds"]] == []


def test_a_journey_that_the_campaign_does_not_regard_is_explained_too(house: Lake) -> None:
    use(house.home)
    with reading(house) as connection:
        (operator, outside), cancelled = (
            connection.sql(
                f"select operator_id, operator_journey_id from active.journeys {where} order by all"
            ).fetchone()
            for where in (
                "anti join campaigns.campaign_incentives using (operator_id, operator_journey_id) where outcome = 'valid'",
                "where outcome = 'cancelled'",
            )
        )
    explain = ("explain", "--campaign", "pmgf_2021", "--operator")
    told = CliRunner().invoke(main, [*explain, operator, "--journey", outside])
    assert told.exit_code == 0 and "[NON]" in told.output and "aucun ne porte ce trajet" in told.output, (
        told.output
    )
    told = CliRunner().invoke(main, [*explain, cancelled[0], "--journey", cancelled[1]])
    assert told.exit_code == 1 and "annulé par l'opérateur" in told.output
