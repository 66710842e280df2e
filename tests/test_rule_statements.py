"""A rule that changes money has its statement before it holds: who, how much, and none of a few."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from dagster_project.campaigns.language.territories import Selector
from dagster_project.catalogue import catalogue, rule_changes, rule_texts
from dagster_project.cli.main import main
from dagster_project.contracts.archive import K
from dagster_project.files import yaml_files
from dagster_project.lake.store import Lake
from dagster_project.pages.laboratory import rule_words
from dagster_project.pages.laboratory.members import listing, of_members
from dagster_project.settings import PROJECT
from dagster_project.simulation import rule_replay
from dagster_project.warehouse.cache import load, reading

from .conftest import use

DATA = PROJECT / "data"
DAY, LATER, EARLIER = date(2027, 1, 1), date(2028, 1, 1), date(2026, 3, 1)
ACCEPTANCE = """\
regles:
  - {code: distance_too_short, du: 2019-01-01, au: 2026-12-31, metres: 2000, source: avant}
  - {code: distance_too_short, du: 2027-01-01, metres: 2500, source: ensuite}
"""


def _campaign(folder: Path) -> Path:
    """The house's campaign with two amendments, of a tariff and of a territory."""
    written = yaml.safe_load((DATA / "campaigns/pmgf_2021.yml").read_text("utf-8"))
    written["periode"] = {"du": date(2026, 1, 1), "au": date(2028, 12, 31)}
    bands = written["tarif"].pop("tranches")
    table = {"mode": written["tarif"].pop("mode"), "tranches": bands}
    less = [{**bands[0], "centimes": 150}, *bands[1:]]
    written["tarif"]["tables"] = [
        {"nom": "initial", "avant": DAY, **table},
        {"nom": "avenant", "du": DAY, **table, "tranches": less},
    ]
    place = written["territoires"]["genevois"]
    written["territoires"]["genevois"] = [place, {"du": LATER, "epci": place["epci"][:3]}]
    file = folder / "pmgf_2021.yml"
    file.write_text(yaml.safe_dump(written, allow_unicode=True), "utf-8")
    return file


def test_a_change_is_a_day_and_the_text_that_begins_or_ends_on_it(tmp_path: Path) -> None:
    data = yaml_files.written(_campaign(tmp_path))
    digests = rule_changes.changes(data)
    assert [*digests][-2:] == [DAY, LATER]
    # Brought forward, it is what it was; without it, the file in force is left.
    tried = rule_changes.moved(data, DAY, EARLIER)
    assert EARLIER in rule_changes.changes(tried) and DAY not in rule_changes.changes(tried)
    assert rule_changes.without(tried, EARLIER) == rule_changes.without(data, DAY)
    assert rule_changes.moved(tried, EARLIER, DAY) == data
    quoted = rule_changes.moved(data, DAY, DAY) | {"plafonds": [{"du": "2027-02-01"}]}
    assert date(2027, 2, 1) in rule_changes.changes(quoted)
    # That it ends some day is another day's change; another amount is another text.
    tables = data["tarif"]["tables"]
    ended = data | {"tarif": data["tarif"] | {"tables": [tables[0], tables[1] | {"avant": LATER}]}}
    dearer = data | {"tarif": data["tarif"] | {"tables": [tables[0], tables[1] | {"par": "trajet"}]}}
    assert rule_changes.changes(ended)[DAY] == digests[DAY] != rule_changes.changes(dearer)[DAY]


def test_operators_read_what_the_file_says_before_and_after(tmp_path: Path) -> None:
    data = yaml_files.written(_campaign(tmp_path))
    (tariff,) = rule_words.of_campaign(data, data, DAY, {})
    assert tariff.subject == "Tarif." and "2,00 €" in tariff.before and "1,50 €" in tariff.after
    (place,) = rule_words.of_campaign(data, data, LATER, {})
    assert place.subject == "Territoire : genevois." and "dès le" not in place.after
    assert place.after.endswith("(codes de 2028)") and place.after.count(",") == 2 < place.before.count(",")
    (tmp_path / "acceptance.yml").write_text(ACCEPTANCE, "utf-8")
    rules = catalogue.rule_file(tmp_path / "acceptance.yml", DATA)
    (change,) = rule_words.of_acceptance(rules, DAY)
    text = change.sentence(DAY).replace("\u202f", " ").replace("\u00a0", " ")
    assert "Jusqu’au 31/12/2026 : 2 000 m au moins. Dès le 01/01/2027 : 2 500 m au moins." in text
    fraud = (DATA / "rules/fraud.yml").read_text("utf-8")
    line = '  - {du: 2027-01-01, ecarte: true, km_h: 150, source: "ensuite"}\n# De l\'arrivée'
    (tmp_path / "fraud.yml").write_text(fraud.replace("# De l'arrivée", line), "utf-8")
    (speed,) = rule_words.of_frauds(catalogue.rule_file(tmp_path / "fraud.yml", DATA), DAY)
    assert "160 km/h" in speed.before and "150 km/h" in speed.after


def test_the_catalogues_check_asks_for_a_statement_of_this_text(tmp_path: Path) -> None:
    (tmp_path / "rules/statements").mkdir(parents=True)
    for stated in (DATA / "rules/statements").glob("fraud.*.yml"):
        shutil.copy(stated, tmp_path / "rules/statements")
    file = tmp_path / "rules/acceptance.yml"
    file.write_text(ACCEPTANCE, "utf-8")
    (line,) = catalogue.check(file, tmp_path)
    assert line.endswith(f"lancer `entrepot rule-statement {file} --from 2027-01-01`")
    digest = rule_changes.changes(yaml_files.written(file))[DAY]
    statement = rule_changes.statement_file(file, DAY, tmp_path)
    statement.write_text(f"empreinte: {digest}\n", "utf-8")
    assert not catalogue.check(file, tmp_path)
    file.write_text(ACCEPTANCE.replace("2500", "2600"), "utf-8")
    assert len(catalogue.check(file, tmp_path)) == 1, "the statement speaks of another rule"
    statement.write_text("- [", "utf-8")
    assert len(catalogue.check(file, tmp_path)) == 1, "and this one is none"
    frauds = tmp_path / "rules/fraud.yml"
    speed = "\nvitesse_impossible:\n"
    faster = "  - {du: 2099-01-01, ecarte: true, km_h: 150, source: ensuite}\n"
    usual = (DATA / "rules/fraud.yml").read_text("utf-8")
    end = usual.index("\n#", usual.index(speed)) + 1  # after the last of its lines
    frauds.write_text(usual, "utf-8")
    assert not catalogue.check(frauds, tmp_path)
    frauds.write_text(usual[:end] + faster + usual[end:], "utf-8")
    (line,) = catalogue.check(frauds, tmp_path)
    assert line.endswith(f"lancer `entrepot rule-statement {frauds} --from 2099-01-01`")
    assert rule_changes.missing(_campaign(tmp_path), tmp_path) == [DAY, LATER]
    assert not rule_changes.catalogue_faults(DATA), "what holds today needs none"


def test_what_was_paid_by_is_not_edited_on_the_spot_however_what_comes_later_is_written(
    tmp_path: Path,
) -> None:
    root, night, after = tmp_path / "data", date(2026, 6, 1), date(2027, 1, 2)
    for folder in ("rules", "campaigns", "authorities"):
        (root / folder).mkdir(parents=True)
    shutil.copy(DATA / "rules/fraud.yml", root / "rules")
    (root / "rules/acceptance.yml").write_text(ACCEPTANCE, "utf-8")
    authority = root / "authorities/pmgf.yml"
    shutil.copy(DATA / "authorities/pmgf.yml", authority)
    file, amended = root / "campaigns/pmgf_2021.yml", yaml_files.written(_campaign(tmp_path))
    table, *_ = amended["tarif"]["tables"]
    bands = {"mode": table["mode"], "tranches": table["tranches"]}
    tariff = {key: value for key, value in amended["tarif"].items() if key != "tables"} | bands
    places = {"genevois": amended["territoires"]["genevois"][0]}

    def written(campaign: Any) -> list[str]:
        file.write_text(yaml.safe_dump(campaign, allow_unicode=True), "utf-8")
        return rule_texts.edited(file, texts)

    texts = rule_texts.known(tmp_path)
    assert not written(amended | {"tarif": tariff, "territoires": places}), "before any night"
    texts = rule_texts.tonight(root, night, texts)["rule_texts"]
    assert not written(amended), "two amendments, for days to come"
    assert not written(amended | {"nom": "Autre nom", "convention": "C-2"}), "words move no cent"
    assert len(written(amended | {"commission": amended["commission"] | {"centimes_ht": 60}})) == 1
    assert len(written(amended | {"territoires": {"genevois": amended["territoires"]["genevois"][1]}})) == 1
    # The next night tells it, once; run again, it compares with the same night as before.
    again = rule_texts.tonight(root, after, texts)["rule_texts"]
    assert rule_texts.edited(file, again, after) and not rule_texts.edited(file, again)
    assert_frame_equal(rule_texts.tonight(root, after, again)["rule_texts"], again, check_exact=True)
    member = '  - "247400724"\n'
    text = authority.read_text("utf-8")
    for line, faults in ((member, 0), ('  - {code: "247400724", to: 2026-12-31}\n', 0), ("", 1)):
        authority.write_text(text.replace(member, line), "utf-8")
        assert len(rule_texts.edited(authority, texts)) == faults
    assert not catalogue.check(DATA / "rules/juridique.yml", DATA, tmp_path)


def test_a_change_of_members_is_asked_for_and_told_by_their_names(tmp_path: Path) -> None:
    file = tmp_path / "authorities/pmgf.yml"
    file.parent.mkdir()
    text = (DATA / "authorities/pmgf.yml").read_text("utf-8")
    leaving = '  - {code: "247400724", to: 2026-12-31}\n'
    file.write_text(text.replace('  - "247400724"\n', leaving), "utf-8")
    assert rule_changes.missing(file, tmp_path) == [DAY]
    authority = next(one for one in catalogue.authorities(DATA) if one.id == "pmgf")
    (change,), replay = of_members(authority, rule_changes.read(file), DAY, None, Lake(tmp_path), DATA)
    assert "CC du Pays Rochois" in change.before and "Rochois" not in change.after
    assert isinstance(replay, str) and "aucune campagne" in replay
    campaign = catalogue.campaign(DATA / "campaigns/pmgf_2021.yml")
    genevois = Selector.model_validate({"aom": [authority.siret[:9]]})
    listed = listing(
        campaign.model_copy(update={"territoires": {"genevois": genevois}}), authority.siret[:9], ["1"], 2026
    )
    assert [one.codes for one in listed.territoires.values()] == [[("epci", "1")]]


_ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b"]), st.integers(1, 3), st.integers(0, 30),
        st.integers(0, 500), st.integers(0, 500),
    ),
    max_size=60,
)  # fmt: skip


@settings(max_examples=12)
@given(_ROWS)
def test_cents_are_whole_and_no_group_of_a_few_is_told_nor_had_by_subtraction(rows: list[Any]) -> None:
    amounts = pl.DataFrame(
        [
            {
                "is_after": is_after, "campaign_id": "c", "operator_id": row[0],
                "operator_journey_id": str(number), "month_on": date(2021, row[1], 1),
                "driver_identity_key": f"d{row[2]}", "passenger_identity_key": None,
                "verdict": "éligible", "incentive_cents": row[cents], "fee_cents": 0,
            }
            for is_after, cents in ((False, 3), (True, 4))
            for number, row in enumerate(rows)
        ],
        schema=rule_replay.KEPT["amounts"].schema,
    )  # fmt: skip
    days = date(2021, 1, 1), date(2021, 3, 31), date(2021, 4, 1)
    with duckdb.connect() as connection:
        load(connection, {"replay": rule_replay.KEPT | {"amounts": amounts}})
        replay = rule_replay.compared(connection, days)
    changed = [row for row in rows if row[3] != row[4]]
    cents = sum(row[4] - row[3] for row in rows)
    assert sum(group["incentive_cents"] for group in replay.groups) == cents
    assert sum(group["journeys"] for group in replay.groups) == len(changed)
    for subject in ("operator", "campaign", "verdict"):
        of = [row for row in replay.sums if row["subject"] == subject]
        assert sum(row["incentive_cents"] for row in of) == cents
        assert sum(row["journeys"] for row in of) == sum(g["journeys"] for g in replay.groups if g["is_told"])
    told, few = ([g for g in replay.groups if g["is_told"] is kind] for kind in (True, False))
    assert [group for group in told if group["journeys"] < K] == [] and len(few) <= 1
    assert not told or not few or few[0]["journeys"] >= K
    for group in told:
        whose = {
            row[2] for row in changed if (row[0], row[1]) == (group["operator_id"], group["month_on"].month)
        }
        assert len(whose) >= K


@pytest.mark.slow
def test_a_statement_says_what_the_base_would_have_refused_and_changes_nothing(
    house: Lake, tmp_path: Path, configure: Callable[..., None]
) -> None:
    root = tmp_path / "data"
    root.mkdir()
    for folder in DATA.iterdir():
        if folder.name in ("campaigns", "rules"):
            shutil.copytree(folder, root / folder.name)
        elif folder.name != "home":
            (root / folder.name).symlink_to(folder)
    draft = tmp_path / "acceptance.yml"
    text = (DATA / "rules/acceptance.yml").read_text("utf-8").split("  - code: distance_too_short")[0]
    rule = "  - {code: distance_too_short, du: 2021-07-01, metres: 4000, source: essai}\n"
    draft.write_text(text + rule, "utf-8")
    use(house.home)
    configure(catalogue=root)
    asked = ["rule-statement", str(draft), "--from", "2021-07-01"]
    before = house.cache_file.read_bytes()
    result = CliRunner().invoke(main, asked)
    assert result.exit_code == 0, result.output
    assert house.cache_file.read_bytes() == before
    file = root / "rules/statements/acceptance.2021-07-01.yml"
    record = yaml.safe_load(file.read_text("utf-8"))
    with reading(house) as connection:
        ((journeys, cents, fees),) = connection.execute(
            "select count(*), sum(incentive_cents), sum(fee_ex_vat_cents + vat_cents) "
            "from active.journeys as j "
            "left join campaigns.campaign_incentives as i using (operator_id, operator_journey_id) "
            "where j.outcome = 'valid' and j.distance_m < 4000 and j.start_on < date '2021-07-01'"
        ).fetchall()
    # The pot suffices: nobody gets what others lose.
    assert record["trajets"] == journeys > K
    assert (record["indemnite_centimes"], record["commission_centimes"]) == (-cents, -fees)
    assert {(row["avant"], row["ensuite"]) for row in record["par_verdict"]} == {
        ("valide", "distance_too_short")
    }
    assert sum(row["indemnite_centimes"] for row in record["par_operateur"]) == -cents
    assert len(record["plus_grands"]) <= 20
    assert [row for row in record["plus_grands"] if row["trajets"] < K] == []
    assert "4 000 m au moins" in " ".join(record["texte"]).replace("\u00a0", " ")
    written = file.read_bytes()
    again = CliRunner().invoke(main, asked)
    assert again.exit_code == 0 and "déjà là" in again.output and file.read_bytes() == written
    for day, told in (("2021-07-02", "rien ne change le"), (None, "aucun changement sans constat")):
        wrong = CliRunner().invoke(main, asked[:2] + (["--from", day] if day else []))
        assert wrong.exit_code == 1 and told in wrong.output
