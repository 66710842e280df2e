"""Variants over months of the base: to the cent what it paid, whom they serve, what nobody may read."""

import re
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
import yaml
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from dagster_project.campaigns.language.model import Campaign
from dagster_project.catalogue import catalogue
from dagster_project.catalogue.conventions import Convention
from dagster_project.cli.main import main
from dagster_project.contracts.archive import K
from dagster_project.lake.store import Lake
from dagster_project.pages.checks import is_too_large, names_the_network, printed
from dagster_project.pages.laboratory.changes import changes
from dagster_project.pages.laboratory.people import HIDDEN, hide_small_counts
from dagster_project.pages.laboratory.places import codes_of, place_names
from dagster_project.pages.laboratory.publish import publish_simulation
from dagster_project.settings import PROJECT
from dagster_project.simulation import over_base
from dagster_project.simulation.behaviour import Elasticity, assumed, within_pot
from dagster_project.simulation.figures import Figures, Variant, figures
from dagster_project.simulation.journey_files import read_journeys
from dagster_project.simulation.paid import reasons
from dagster_project.simulation.simulate import simulate
from dagster_project.warehouse.cache import published_on

from .conftest import use

DATA = PROJECT / "data"
PMGF = DATA / "campaigns" / "pmgf_2021.yml"
CAP = (
    "plafonds:\n  - {nom: mensuel, compte: trajets, par: conducteur, fenetre: mois, maximum: 1, "
    'article: "6.2"}\n'
)
ASSUMPTION = "variante: moins.yml\npourcent_par_euro: 12.5\nsource: Étude fictive, 2020\nlien: https://etudes.example/x\n"


_ELASTICITY = Elasticity.model_validate(yaml.safe_load(ASSUMPTION))


def _edited(file: Path, *edits: tuple[str, str]) -> Path:
    text = PMGF.read_text("utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, "utf-8")
    return file


def _variants(*files: Path) -> list[Variant]:
    return [Variant(file.stem, catalogue.campaign(file)) for file in files]


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["simulate", *map(str, arguments)])


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """The file in force, a lower tariff and a cap."""
    folder = tmp_path_factory.mktemp("files")
    less = _edited(folder / "moins.yml", ("centimes: 200", "centimes: 150"))
    return PMGF, less, _edited(folder / "plafond.yml", ("commission:\n", f"{CAP}\ncommission:\n"))


def _figures(house: Lake, variants: list[Variant], first_on: date) -> Figures:
    use(house.home)
    night_on = published_on(house)
    assert night_on
    parties = catalogue.operators(DATA), catalogue.authorities(DATA)
    return figures(house, variants, first_on, date(2021, 7, 31), night_on, parties, catalogue.campaigns(DATA))


@pytest.fixture(scope="module")
def whole(house: Lake, files: tuple[Path, Path, Path]) -> Figures:
    """Since the campaign's start; the second file with an assumption."""
    force, less, capped = _variants(*files)
    return _figures(house, [force, replace(less, elasticity=_ELASTICITY), capped], date(2021, 2, 1))


@pytest.fixture(scope="module")
def page(
    house: Lake,
    files: tuple[Path, Path, Path],
    whole: Figures,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """The page that the command writes: the bytes of figures that were evaluated before; the base is read."""
    folder = tmp_path_factory.mktemp("simulation")
    use(house.home)
    (folder / "hypothese.yml").write_text(ASSUMPTION, "utf-8")
    options = [part for file in files[1:] for part in ("--compare", file)]
    before = house.cache_file.read_bytes()
    result = _run(
        *("--campaign", files[0], *options, "--page", folder / "out"),
        *("--assumption", folder / "hypothese.yml", "--to", "2021-07-31"),
    )
    assert result.exit_code == 0, result.output
    assert before == house.cache_file.read_bytes()
    names = {one.id: one.name for one in catalogue.operators(DATA)}
    names |= place_names(DATA, codes_of([one.campaign for one in whole.variants]))
    for file in publish_simulation(folder / "again", whole, names):
        assert file.read_bytes() == (folder / "out" / file.name).read_bytes()
    return folder / "out" / "SIMULATION_pmgf_2021_20210201-20210731.html"


@pytest.mark.slow
def test_the_page_of_the_unchanged_file_tells_what_the_base_paid_to_the_cent(page: Path) -> None:
    read = html.fromstring(page.read_text("utf-8"))
    for head in ("Compté par le registre", "pmgf_2021", "moins", "plafond"):
        parts, (total,) = printed(read, "mois", head)
        assert sum(parts) == total > 0
    paid = printed(read, "mois", "Compté par le registre")[1][0]
    recomputed, less, capped = (
        printed(read, "mois", head)[1][0] for head in ("pmgf_2021", "moins", "plafond")
    )
    by_reason = [
        printed(read, "motifs", head) if read.xpath("//table[@id='motifs']") else ([], [])
        for head in ("Écart d’indemnité", "Écart de commission TTC")
    ]
    assert recomputed - paid == sum(sum(parts) for parts, _ in by_reason)
    assert less < recomputed and capped < recomputed
    for subject in ("distance", "operator", "commune", "hour"):
        assert sum(printed(read, f"par_{subject}", "moins")[0]) == printed(read, "mois_2", "Indemnité")[1][0]


@pytest.mark.slow
def test_the_page_travels_without_a_network_and_points_at_nobody(page: Path) -> None:
    text = page.read_text("utf-8")
    assert not names_the_network(text) and not is_too_large(page)
    assert "etudes.example/x" in text and "12,5 % de trajets par euro" in text
    read = html.fromstring(text)
    ids = read.xpath("//@id")
    assert len(ids) == len(set(ids))
    for table in read.xpath("//table[starts-with(@id, 'par_')]"):
        heads = table.xpath("./thead//th")
        for column, head in enumerate(heads):
            if head.text_content().startswith(("Trajets", "Gagnent", "Perdent")):
                cells = [row[column].get("data-v") for row in table.xpath("./tbody/tr")]
                assert not [cell for cell in cells if cell and 0 < int(cell) < K], head.text_content()


@pytest.mark.slow
def test_from_a_later_month_on_the_pot_goes_on_where_the_base_left_it(
    house: Lake, whole: Figures, tmp_path: Path
) -> None:
    before = sum(row["incentive_cents"] + row["fee_cents"] for row in whole.paid if row["month_on"].month < 6)
    # A pot that held a euro more than the base had paid by then.
    tight = _edited(tmp_path / "serre.yml", ("euros: 12000", f"euros: {before // 100 + 1}"))
    late = _figures(house, _variants(PMGF, tight), date(2021, 6, 1))
    assert late.drawn_before == {1: before, 2: before}
    assert late.of(1) == [row for row in whole.of(1) if row["month_on"] >= date(2021, 6, 1)]
    assert late.left_cents(1) == whole.left_cents(1)
    assert late.total(2, "incentive_cents", "fee_cents") == (before // 100 + 1) * 100 - before
    assert late.left_cents(2) == 0 and late.emptied_on(2) is not None
    assert not late.behaviour and whole.behaviour.keys() == {2}, "without an assumption none is shown"


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=6))
def test_no_count_of_a_few_is_told_nor_had_by_subtraction(parts: list[tuple[int, int]]) -> None:
    """All ways to take told counts from the sum of all leave none, or six, or the counts of several."""
    counts, wholes = [count for count, _ in parts], [count + rest for count, rest in parts]
    shown = hide_small_counts(counts, wholes)
    pairs = list(zip(shown, counts, strict=True))
    assert [pair for pair in pairs if pair[0] != HIDDEN and (pair[0] != pair[1] or 0 < pair[1] < K)] == []
    hidden = [count for one, count in zip(shown, counts, strict=True) if one == HIDDEN and count]
    if hidden and sum(counts) >= K:
        rests = [whole - count for count, whole in zip(counts, wholes, strict=True) if count in hidden]
        assert sum(hidden) >= K and (len(hidden) > 1 or [rest for rest in rests if not 0 < rest < K] == [])


@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), min_size=1, max_size=12),
    st.integers(0, 10**6),
)
def test_an_assumption_never_draws_more_than_the_pot_has(asked: list[tuple[int, int]], before: int) -> None:
    campaign = catalogue.campaign(PMGF)
    months = [
        {"month_on": date(2021, at, 1), "incentive_cents": incentive, "fee_cents": fee}
        for at, (incentive, fee) in enumerate(asked, 1)
    ]
    given_cents = [row["cents"] for row in within_pot(campaign, months, before)]
    room = max((campaign.budget.cents or 0) - before, 0)
    assert sum(given_cents) == min(sum(map(sum, asked)), room)


def test_what_differs_between_files_is_said_in_words_and_nothing_is_passed_over(tmp_path: Path) -> None:
    assert not changes(_variants(PMGF, PMGF), {}).rows
    edits = (
        ("centimes: 200", "centimes: 140"),
        ("euros: 12000", "euros: aucun"),
        ("beneficiaire: conducteur", "beneficiaire: [{qui: passager, mois: [3]}, {qui: conducteur}]"),
        ("alpimob: 1200", "alpimob: 1100"),
        ('"247400724"]', '"200070852"]'),
        ("commission:\n", f"{CAP}\ncommission:\n"),
    )
    table = changes(_variants(PMGF, _edited(tmp_path / "autre.yml", *edits)), {})
    said = {str(row.cells[0]): row.cells[1:] for row in table.rows}
    assert said["Tarif"] == (
        "de 2 km à 20 km exclus : 2,00 € par siège",
        "de 2 km à 20 km exclus : 1,40 € par siège",
        "article 6.2 et annexe 2",
    )
    assert said["Bénéficiaire"][:2] == ("conducteur", "passager, si mois parmi 3 ; conducteur")
    assert said["Enveloppe"][:2] == ("12\u00a0000 € : indemnités et commissions TTC", "sans limite")
    assert said["Plafond : mensuel"][:2] == ("rien", "1 trajets par mois (conducteur)")
    assert [column.head for column in table.columns] == ["Sujet", "pmgf_2021", "autre", "Texte"]
    assert "247400724" in said["Territoire : genevois"][0] and "200070852" in said["Territoire : genevois"][1]
    assert set(said) == {
        *("Tarif", "Plafond : mensuel", "Enveloppe", "Territoire : genevois", "Autre réglage : acompte"),
        "Bénéficiaire",
    }


@pytest.mark.slow
def test_a_simulation_knows_that_a_convention_has_ended(tmp_path: Path) -> None:
    """D-231 holds there, too: the lists of a file are cut by the days of the conventions on file."""
    use(tmp_path / "home")
    ended = Convention.model_validate(
        {"operator": "alpimob", "reference": "C", "signed_on": "2021-02-15", "notice_sent_on": "2021-05-01"}
    )
    authority = next(one for one in catalogue.authorities(DATA) if one.id == "pmgf")
    authority = authority.model_copy(update={"conventions": [ended]})
    rows = [
        {
            "operator_id": "alpimob",
            "operator_journey_id": f"j{day}",
            "start_at": f"2021-05-{day}T10:00:00Z",
            "distance_m": 5_000,
            "operator_class": "C",
            "start_epci": "200011773",
        }
        for day in (15, 16)
    ]
    pl.DataFrame(rows).write_csv(tmp_path / "journeys.csv")
    journeys = read_journeys(tmp_path / "journeys.csv", DATA)
    found = simulate(catalogue.campaign(PMGF), journeys, None, catalogue.operators(DATA), [authority]).rows
    assert found.select("amount_cents", "reasons").rows() == [(200, ""), (0, "operateur")]


def _tables(connection: duckdb.DuckDBPyConnection, **tables: Sequence[dict[str, Any]]) -> None:
    for name, rows in tables.items():
        place = name.replace("__", ".")
        if "." in place:
            connection.execute(f"create schema if not exists {place.rpartition('.')[0]}")
        connection.register("given", pl.DataFrame(list(rows), infer_schema_length=None))
        connection.execute(f"create table {place} as from given")


def test_a_cap_goes_on_where_it_counts_the_same_and_a_forgotten_journey_keeps_its_money() -> None:
    """Small made-up rows: uses and lines before June, a line of June whose journey has gone."""
    known: Campaign = catalogue.campaign(PMGF)
    may, june = date(2021, 5, 1), date(2021, 6, 1)
    cap = {"cap_id": "mensuel", "counts": "trajets", "whose": "conducteur", "time_zone": "Europe/Paris"}
    journeys = [
        {
            "journey_number": at,
            "operator_id": "alpimob",
            "operator_journey_id": f"j{at}",
            "start_at": start_at,
        }
        for at, start_at in ((1, "2021-05-31T21:00:00Z"), (2, "2021-05-31T22:30:00Z"))
    ]
    line = {"campaign_id": known.id, "operator_id": "alpimob", "fee_ex_vat_cents": 50, "vat_cents": 10}
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'; attach ':memory:' as variants")
        _tables(
            connection,
            catalogue__campaigns=[{"campaign_id": known.id, "campaign_number": 7, "is_fee_in_budget": True}],
            catalogue__campaign_caps=[{"campaign_number": 7, "cap_window": "annee"} | cap],
            active__int_evaluated_journeys=pl.DataFrame(journeys)
            .with_columns(pl.col("start_at").str.to_datetime(time_zone="UTC"))
            .to_dicts(),
            ledger__journey_cap_uses=[
                {"campaign_number": number, "journey_number": at, "cap_id": "mensuel", "whose_key": "d"}
                | {"window_on": date(2021, 1, 1), "counted": 3}
                for number, at in ((7, 1), (7, 2), (8, 1))
            ],
            finance__ledger_lines=[
                line | {"operator_journey_id": "j1", "journey_month_on": may, "incentive_cents": 200},
                line | {"operator_journey_id": "j2", "journey_month_on": june, "incentive_cents": 300},
                line | {"operator_journey_id": None, "journey_month_on": june, "incentive_cents": 400},
            ],
            variants__catalogue__campaigns=[{"campaign_id": "variante_1"}, {"campaign_id": "variante_2"}],
            variants__catalogue__campaign_pots=[
                {"campaign_id": f"variante_{at}", "from_on": date.min} for at in (1, 2)
            ],
            variants__catalogue__campaign_caps=[
                {"campaign_id": "variante_1", "cap_window": "annee"} | cap,
                {"campaign_id": "variante_2", "cap_window": "mois"} | cap,
            ],
        )
        connection.execute("create schema variants.ledger")
        over_base._open(connection, known, june, date(2021, 6, 30))
        found = connection.execute("from variants.ledger.opening_balances order by all").fetchall()
    assert [(row[0], row[1], row[2], row[4]) for row in found] == [
        ("variante_1", "budget", "", 260 + 460),
        ("variante_1", "mensuel", "d", 3),
        ("variante_2", "budget", "", 260 + 460),
    ]


_JUNE, _AT = date(2021, 6, 1), datetime(2021, 6, 10, 8, tzinfo=UTC)


def test_every_cent_of_a_difference_has_its_reason() -> None:
    """Small made-up rows: closed, late, cut by the pot, the same, and one that the base has no more."""
    rows = (
        ("clos", 200, 250, 1, False),
        ("retard", 300, 310, 2, False),
        ("coupe", 100, 170, None, True),
        ("egal", 150, 150, None, False),
        ("parti", 70, None, 1, False),
    )
    pmgf = {"campaign_id": "pmgf_2021", "fee_ex_vat_cents": 50, "vat_cents": 10, "operator_id": "a"}
    lines, base, given_ = list[dict[str, Any]](), list[dict[str, Any]](), list[dict[str, Any]]()
    for number, (name, cents, own, closing, is_cut) in enumerate(rows):
        paid = pmgf | {"operator_journey_id": name, "incentive_cents": cents}
        lines.append(paid | {"journey_month_on": _JUNE, "reason": "late" if name == "retard" else "journey"})
        if own is not None:
            key = {"journey_number": number, "start_at": _AT}
            closed = {"incentive_closing": closing, "fee_closing": closing, "is_cut_by_budget": is_cut}
            base.append(paid | key | closed)
            given_.append(key | {"variant": 1, "incentive_cents": own, "fee_cents": 60, "is_cut": False})
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        _tables(connection, campaigns__campaign_incentives=base, finance__ledger_lines=lines, told=given_)
        found = reasons(connection, catalogue.campaign(PMGF), _JUNE, date(2021, 6, 30))
    assert [tuple(row.values()) for row in found] == [
        *(("clos", 50, 0), ("enveloppe", 70, 0), ("hors_base", -70, -60), ("retard", 10, 0)),
    ]


def test_an_assumption_weighs_each_journey_by_what_it_gets() -> None:
    """The example of docs/campagnes.md, with a fee of 1.20 euros for each journey of two seats."""
    guide = (PROJECT / "docs" / "campagnes.md").read_text("utf-8")
    (example,) = re.findall(r"```yml\n(.*?)```", guide, re.DOTALL)
    assert Elasticity.model_validate(yaml.safe_load(example)).points == _ELASTICITY.points
    told_ = {"variant": 2, "month_on": _JUNE, "incentive_cents": 150, "first_cents": 200}
    told_ |= {"capped_cents": 150, "due_fee_cents": 120}
    with duckdb.connect() as connection:
        _tables(connection, told=[told_] * 100)
        (found,) = assumed(connection, 2, _ELASTICITY)
    assert tuple(found.values()) == (_JUNE, 94, 100, 14_063, 11_250)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--journeys", "x.csv", "--page", "out"], "--page se fait de la base"),
        (["--assumption", "h.yml"], "ajouter --page"),
        (["--compare", PMGF, "--compare", PMGF, "--compare", PMGF, "--compare", PMGF], "4 au plus"),
        (["--page", "out", "--from", "2021-03-02"], "donner le premier jour d'un mois"),
        (["--page", "out", "--to", "2021-05-30"], "donner le dernier jour d'un mois"),
        (["--page", "out", "--assumption", "faute.yml"], "faute.yml:2: pourcent_par_euro"),
        (
            ["--page", "out", "--assumption", "ailleurs.yml"],
            "nommer, une fois, l'un des fichiers de --compare",
        ),
        (["--page", "out", "--from", "2030-01-01"], "donner le dernier jour d'un mois"),
    ],
)
def test_a_wrong_request_names_its_remedy(
    house: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[object], words: str
) -> None:
    use(house.home)
    monkeypatch.chdir(tmp_path)
    shutil.copyfile(PMGF, tmp_path / "autre.yml")
    (tmp_path / "faute.yml").write_text(ASSUMPTION.replace("12.5", "beaucoup"), "utf-8")
    (tmp_path / "ailleurs.yml").write_text(ASSUMPTION, "utf-8")
    result = _run("--campaign", PMGF, "--compare", tmp_path / "autre.yml", *arguments)
    assert result.exit_code == 1 and words in result.output, result.output
    assert not (tmp_path / "out").exists()
