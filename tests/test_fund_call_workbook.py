"""The fund call workbook: formulas that recalculate to the warehouse's cents, text that stays text."""

import re
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]
import polars as pl
import pytest

from dagster_project.reports.fund_call.call import (
    Band,
    FundCall,
    Loss,
    Reconciliation,
    Redistribution,
    Step,
    file_name,
)
from dagster_project.reports.fund_call.source import _band
from dagster_project.reports.fund_call.workbook.book import write_fund_call
from dagster_project.reports.shared.counts import STEPS
from tests.support.fund_calls import BANDS, EDGES, GENEROUS, make_call, make_counts, make_journeys
from tests.support.spreadsheets import replay


def make_reconciliation(call: FundCall, journeys: pl.DataFrame) -> Reconciliation:
    """What the warehouse would say of this call: 30 cancelled, 20 refused, some too short or unpaid."""
    counts = make_counts(journeys.filter(~pl.col("is_adjustment")))
    cents = call.incentive_cents, call.fee_ex_vat_cents, call.vat_cents
    lost = (
        (),
        (Loss("annulés", 30), Loss("délai dépassé", 20)),
        (Loss("ailleurs", 7),),
        (Loss("distance minimale (article 6.2)", counts.concerned - counts.eligible),),
        (Loss("budget épuisé", counts.eligible - counts.paid),),
    )
    reached = (count for _, _, count in counts.lines)
    steps = tuple(Step(*step) for step in zip(STEPS.values(), reached, lost, strict=True))
    paid = journeys.filter(pl.col("incentive_cents") > 0)
    driver, seats = int(paid["incentive_cents"].sum()), int(paid["seats"].sum())
    of_passengers = 70 * (seats > 0)
    passed_on = Redistribution(seats, 0, driver - of_passengers, of_passengers, driver, 0, 0, 0)
    return Reconciliation(steps, cents, cents, passed_on)


def write(
    folder: Path,
    journeys: pl.DataFrame,
    call: FundCall | None = None,
    reconciliation: Reconciliation | None = None,
) -> Path:
    path = folder / file_name(call := call or make_call(journeys))
    write_fund_call(path, call, journeys, reconciliation)
    return path


def amounts(path: Path) -> dict[str, float]:
    """The last column of the first two sheets, by the letter or expression beside it, else the label."""
    book = openpyxl.load_workbook(path, data_only=True)
    found: dict[str, float] = {}
    for name in ("Appel de fonds", "Récapitulatif"):
        for label, _, expression, value in book[name].iter_rows(max_col=4, values_only=True):
            if isinstance(value, int | float):
                is_recap = name == "Récapitulatif" and isinstance(expression, str)
                found[f"{name}/{expression if is_recap else label}"] = value
    return found


def test_cached_totals_are_the_warehouse_cents(tmp_path: Path) -> None:
    journeys = make_journeys(120, pot_cents=20_030)
    call, shown = make_call(journeys), amounts(write(tmp_path, journeys))
    names = ("Indemnité de l’Opération", "Commission Plateforme HT", "TVA Commission Plateforme", "Totaux")
    cents = (20_030, call.fee_ex_vat_cents, call.vat_cents, call.total_cents)
    assert [shown[f"Appel de fonds/{name}"] for name in names] == [amount / 100 for amount in cents]
    assert shown["Récapitulatif/Total"] == call.incentive_cents / 100 == 200.30
    assert shown["Récapitulatif/Écart avec l’entrepôt"] == 0


def test_the_recap_counts_seats_in_a_b_d_and_kilometres_times_seats_in_c(tmp_path: Path) -> None:
    shown = amounts(write(tmp_path, make_journeys(len(EDGES))))
    # A: 2 000 m, 12 000 m × 2, 19 960 m × 2. B: 20,0 km; 20,0 × 2; 33,3; 49 990 m × 2; 50,0. D: above 50 km.
    assert [shown[f"Récapitulatif/{name}"] for name in "ABCD"] == [5, 7, 243.3, 2]
    products = ("= A × 2,00 €", "= C × 0,10 €", "= D × 5,00 €")
    assert [shown[f"Récapitulatif/{name}"] for name in products] == [10, 24.33, 10]


@pytest.mark.parametrize(
    "case", ["budget cut", "adjustment", "no journey", "three decimals", "several tables"]
)
def test_libreoffice_recalculates_every_formula_to_the_cached_value(tmp_path: Path, case: str) -> None:
    journeys = make_journeys(150, pot_cents=25_017 if case == "budget cut" else GENEROUS)
    call = None
    if case == "no journey":
        journeys = journeys.clear()
    elif case == "adjustment":
        last = pl.int_range(pl.len()) >= pl.len() - 3
        journeys = journeys.with_columns(
            is_adjustment=last,
            incentive_cents=pl.when(last).then(-pl.col("incentive_cents")).otherwise("incentive_cents"),
        )
    elif case == "three decimals":
        bands = (BANDS[0], replace(BANDS[1], unit_price_tenth_cents=105), BANDS[2])
        call = replace(make_call(journeys), bands=bands)
    elif case == "several tables":
        journeys, call = make_capped(journeys)
    if case != "adjustment":
        journeys = journeys.with_columns(is_adjustment=pl.lit(False))
    reconciled = make_reconciliation(call or make_call(journeys), journeys)
    path = write(tmp_path, journeys, call, reconciled)
    computed, compared = replay(path, tmp_path)
    assert compared >= 44
    assert lines_in_gap(computed) == 0
    gap = amounts(computed)["Récapitulatif/Écart avec l’entrepôt"]
    assert gap > 0 if case == "three decimals" else gap == 0


def make_capped(journeys: pl.DataFrame) -> tuple[pl.DataFrame, FundCall]:
    """The same journeys under two tables that no price explains, an adjustment and a cap of 4,00 €."""
    journeys = journeys.with_columns(
        tariff_cents=pl.when(pl.col("band") == 3).then(517).otherwise("tariff_cents"),
        band=pl.when(pl.col("band") == 1).then(0).otherwise("band"),
    ).with_columns(pl.col("tariff_cents").clip(upper_bound=400).alias("capped_cents"))
    journeys = journeys.with_columns(pl.col("capped_cents").alias("incentive_cents"))
    bands = (
        Band(2, "De 20 à 50 kms", table="hiver", price="le moindre de 0,10 € par km et de 1,25 € par siège"),
        Band(3, "Au-delà de 50 kms", table="été, dès 2021-03-01", price="5,17 € par trajet"),
        Band(0, "Hors tranche, par les ajustements du tarif"),
    )
    tariff, capped = (int(journeys[name].sum()) for name in ("tariff_cents", "capped_cents"))
    call = replace(make_call(journeys), bands=bands, cap_cut_cents=capped - tariff, cut_cents=0)
    return journeys, call


def test_a_tariff_of_several_tables_is_summed_band_by_band_and_caps_stand_on_their_line(
    tmp_path: Path,
) -> None:
    journeys, call = make_capped(make_journeys(80))
    book = openpyxl.load_workbook(write(tmp_path, journeys, call), data_only=True)
    rows = list(book["Récapitulatif"].iter_rows(min_row=5, max_col=4, values_only=True))
    sums = {row[2]: row[3] for row in rows if row[2] in ("A", "B", "C")}
    by_band = {
        name: journeys.filter(band=number)["tariff_cents"].sum() / 100
        for name, number in zip("ABC", (2, 3, 0), strict=True)
    }
    assert sums == by_band and all(sums.values())
    (caps, _), gap = [row[3] for row in rows if row[0] == "Plafonds"], rows[-1]
    assert caps == call.cap_cut_cents / 100 < 0 and gap[0] == "Écart avec l’entrepôt" and gap[3] == 0
    assert [row[0] for row in rows if str(row[0]).startswith("Table")] == [
        "Table « hiver »",
        "Table « été, dès 2021-03-01 »",
    ]


def test_a_gap_with_the_warehouse_is_shown(tmp_path: Path) -> None:
    call = make_call(journeys := make_journeys(40))
    wrong = replace(call, fee_ex_vat_cents=call.fee_ex_vat_cents + 50, total_cents=call.total_cents + 50)
    shown = amounts(write(tmp_path, journeys, wrong))
    assert shown["Récapitulatif/Commission Plateforme HT"] == -0.5
    assert shown["Récapitulatif/Écart avec l’entrepôt"] == 1  # fifty cents on the fee, fifty on the total


def lines_in_gap(path: Path) -> object:
    """The last figure of the sheet "Rapprochement"."""
    *_, last = openpyxl.load_workbook(path, data_only=True)["Rapprochement"].iter_rows(values_only=True)
    assert last[0] == "Lignes en écart"
    return last[4]


def test_a_journey_or_a_cent_that_does_not_reconcile_is_a_line_in_gap(tmp_path: Path) -> None:
    journeys = make_journeys(40).with_columns(is_adjustment=pl.lit(False))
    right = make_reconciliation(make_call(journeys), journeys)
    lost = replace(right.steps[1], losses=right.steps[1].losses[:1])  # twenty journeys without a reason
    incentive, fee, vat = right.ledger_cents
    for wrong, lines in (
        (right, 0),
        (replace(right, steps=(right.steps[0], lost, *right.steps[2:])), 1),
        (replace(right, ledger_cents=(incentive + 1, fee, vat), exported_cents=(incentive, fee, vat - 1)), 2),
        (replace(right, steps=(*right.steps[:-1], replace(right.steps[-1], seats=1))), 2),
    ):
        assert lines_in_gap(write(tmp_path, journeys, reconciliation=wrong)) == lines


def test_what_drivers_did_not_receive_stands_beside_the_calls_incentive(tmp_path: Path) -> None:
    """Article 7: two journeys lack 1,30 € and 2,00 €; 5,00 € were taken back, 0,70 € are passengers'."""
    journeys = make_journeys(40).with_columns(is_adjustment=pl.lit(False))
    call = make_call(journeys)
    passed_on = Redistribution(39, 2, call.incentive_cents + 430, 70, 20_000, 400, 70, 330)
    told = replace(make_reconciliation(call, journeys), redistribution=passed_on)
    path = write(tmp_path, journeys, reconciliation=told)
    rows = openpyxl.load_workbook(path, data_only=True)["Rapprochement"].iter_rows(values_only=True)
    shown = {row[0]: row[1:] for row in rows}
    total = call.incentive_cents / 100
    assert shown["au moins égal à l’indemnité"] == (37, round(total + 0.3, 2), 199.3, 0)
    assert shown["inférieur à l’indemnité"] == (2, 4, 0.7, 3.3)
    assert shown["part des passagers"][1] == 0.7
    assert shown["régularisations en moins, trajets que le registre ne connaît plus"][1] == -5
    assert shown["Indemnité de cet appel"] == (39, total, 200, 3.3)
    assert lines_in_gap(path) == 0


def test_text_that_begins_like_a_formula_stays_text(tmp_path: Path) -> None:
    hostile = '=HYPERLINK("http://exemple.invalid","clic")'
    journeys = make_journeys(12).with_columns(
        journey_id=pl.lit(hostile), declared_incentives=pl.lit("+1+1"), reason=pl.lit("@SUM(A1)")
    )
    path = write(tmp_path, journeys, replace(make_call(journeys), operator_name=hostile, notes=("=1+1",)))
    sheet = openpyxl.load_workbook(path)["Trajets"]
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert not [cell.coordinate for cell in cells if cell.data_type == "f" or cell.hyperlink]
    assert sheet["A4"].value == hostile and sheet["A4"].data_type == "s"
    with zipfile.ZipFile(path) as book:
        assert not [name for name in book.namelist() if re.search(rb"<f>[^<]*HYPERLINK", book.read(name))]


def test_the_same_input_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    path = write(tmp_path, make_journeys(60))
    first = path.read_bytes()
    assert write(tmp_path, make_journeys(60)) == path and path.read_bytes() == first
    assert list(tmp_path.iterdir()) == [path]


def test_the_journeys_sheet_freezes_filters_and_repeats_its_titles(tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(write(tmp_path, make_journeys(30)))["Trajets"]
    assert sheet.freeze_panes == "B4" and sheet.auto_filter.ref == "A3:AF33"
    assert sheet.print_title_rows == "$1:$3" and sheet.print_title_cols == "$A:$A"
    assert sheet.page_setup.orientation == "landscape" and int(sheet.page_setup.paperSize) == 9
    assert "&N" in str(sheet.oddFooter.right.text)


def test_a_draft_has_nothing_of_a_call_and_computes_the_same(tmp_path: Path) -> None:
    journeys = make_journeys(30).with_columns(is_adjustment=pl.lit(False))
    draft = replace(make_call(journeys), number=None, notes=())
    path = write(tmp_path, journeys, draft, make_reconciliation(draft, journeys))
    assert path.name.startswith("PROVISOIRE_APDF_2021-T1_pmgf_2021_covoit-leman_") and "_01_" not in path.name
    book = openpyxl.load_workbook(path)
    cover = book.worksheets[0]
    assert cover.title == cover["A1"].value == "Situation provisoire" and not cover["D1"].value
    told = " ".join(str(cell.value) for row in cover.iter_rows() for cell in row)
    assert not re.search("n° |émission|Paiement|Compte|Certifié|demandé|IBAN", told)
    assert "Rien n’est à payer" in told and "Situation arrêtée au" in told
    for sheet in book:
        assert "PROVISOIRE" in str(sheet.oddHeader.left.text) and "&G" in str(sheet.oddHeader.center.text)
        assert "situation provisoire" in str(sheet.oddFooter.left.text)
    whole = openpyxl.load_workbook(write(tmp_path, journeys))
    assert "n° 1" in str(whole.worksheets[0]["D1"].value) and whole.worksheets[0].oddHeader.left.text is None
    assert replay(path, tmp_path)[1] > 40 and lines_in_gap(path) == 0


def test_both_parties_stand_on_the_side_that_they_have_on_paper(tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(write(tmp_path, make_journeys(3)))["Appel de fonds"]
    assert (sheet["A4"].value, sheet["C4"].value) == ("Bénéficiaire", "Autorité")
    assert sheet["A5"].value == "Covoit’Léman"


@pytest.mark.parametrize(
    ("bounds", "label"),
    [
        ((2_000, 20_000), "Pour les trajets inférieurs à 20 kms"),
        ((2_000, 20_001), "Pour les trajets jusqu’à 20 kms"),
        ((20_000, 50_001), "Pour les trajets compris entre 20 kms et 50 kms"),
        ((50_001, None), "Pour les trajets supérieurs à 50 kms"),
        ((20_000, 22_550), "Pour les trajets compris entre 20 kms et 22,55 kms"),
    ],
)
def test_a_bound_that_is_included_is_told_as_the_convention_words_it(
    bounds: tuple[int, int | None], label: str
) -> None:
    row = {"band": 1, "from_m": bounds[0], "to_m": bounds[1], "flat_cents": 200, "tenth_cents_per_km": None}
    assert _band(row, is_first=bounds[0] == 2_000).label == label


def test_a_failed_write_leaves_nothing_and_says_what_lacks(tmp_path: Path) -> None:
    call = make_call(journeys := make_journeys(5))
    with pytest.raises(ValueError, match="the journeys lack billed_m, reason"):
        write_fund_call(tmp_path / "call.xlsx", call, journeys.drop("billed_m", "reason"))
    with pytest.raises(ValueError, match="incentive_cents is empty in 5 journeys"):
        empty = journeys.with_columns(incentive_cents=pl.lit(None, dtype=pl.Int64))
        write_fund_call(tmp_path / "call.xlsx", call, empty)
    with pytest.raises(ValueError, match="expected 'trajet', 'km' or none"):
        replace(BANDS[0], unit="mile")
    assert not list(tmp_path.iterdir())


def test_a_journey_reads_in_euros_kilometres_and_french(tmp_path: Path) -> None:
    journeys = make_journeys(8)
    sheet = openpyxl.load_workbook(write(tmp_path, journeys))["Trajets"]
    column = {cell.value: cell.column for cell in sheet[2]}
    shown = [{name: sheet.cell(row, at).value for name, at in column.items()} for row in range(4, 12)]
    assert [row["incentive_cents"] for row in shown] == [cents / 100 for cents in journeys["incentive_cents"]]
    assert [row["billed_m"] for row in shown] == [metres / 1000 for metres in journeys["billed_m"]]
    assert "distance" not in column  # to the metre it would tell a journey from all others
    assert shown[5]["incentives"] == "3,33\u00a0€ (20007537200017)"
    assert shown[0]["reason"] == "non subventionné : moins de 2 km" and shown[1]["reason"] == "payé"
    local = journeys["start_slot_at"].dt.convert_time_zone("Europe/Paris").dt.replace_time_zone(None)
    assert [row["start.datetime"] for row in shown] == local.to_list()  # dates that a reader can sort
    assert sheet.cell(4, column["start.datetime"]).number_format == "dd/mm/yyyy hh:mm"
    abroad = [row for row in shown if row["end.insee"] == "99140"]
    assert {(row["end.town"], row["end.postcode"]) for row in abroad} == {("Suisse", None)}


def test_the_file_name_is_ascii_and_carries_the_totals() -> None:
    call = replace(make_call(make_journeys(20)), operator_id="Covoit’Léman/..")
    counts = f"{call.counts.concerned}_{call.counts.paid}"
    name = f"APDF_2021-T1_pmgf_2021_Covoit-Leman_01_{counts}_{call.total_cents}.xlsx"
    assert file_name(call) == name
    assert file_name(replace(call, period_end=date(2021, 6, 30))).startswith("APDF_20210223-20210630_")
