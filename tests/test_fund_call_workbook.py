"""The fund call workbook: formulas that recalculate to the warehouse's cents, text that stays text."""

import re
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import openpyxl  # type: ignore[import-untyped]
import polars as pl
import pytest

from dagster_project.reports.fund_call.call import (
    Adjustment,
    Articles,
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
from dagster_project.reports.shared.counts import STEPS, Counts
from dagster_project.reports.shared.vat import Vat
from tests.support.spreadsheets import replay

GENEROUS = 10**9
SLOT = timedelta(minutes=15)
BANDS = (
    Band(1, "Pour les trajets inférieurs à 20 kms", "trajet", 2_000),
    Band(2, "Pour les trajets compris entre 20 kms et 50 kms", "km", 100),
    Band(3, "Pour les trajets supérieurs à 50 kms", "trajet", 5_000),
)
ARTICLES = Articles("article 6.2", "article 6.3", "article 6.1", "article 8.4", "annexe 2", "annexe 3")
PLACES = (
    ("74012", "74100", "Annemasse", 46.193, 6.236),
    ("74243", "74160", "Saint-Julien-en-Genevois", 46.14, 6.08), ("01173", "01170", "Gex", 46.33, 6.05),
    ("74281", "74200", "Thonon-les-Bains", 46.372, 6.477), ("99140", "", "Suisse", 46.204, 6.143),
)  # fmt: skip
# The ends of the bands, and two seats in each: the places where a formula may slip.
EDGES = ((1_940, 1), (2_000, 1), (19_960, 2), (20_000, 1), (20_040, 2), (33_333, 1), (49_990, 2), (50_000, 1),
         (72_000, 2), (12_000, 2))  # fmt: skip


def make_journeys(count: int, pot_cents: int = GENEROUS) -> pl.DataFrame:
    """Made-up journeys under the PMGF tariff; `pot_cents` is the budget left, spent in journey order."""
    dice, rows = Random(2021), []
    for index in range(count):
        distance_m, seats = EDGES[index] if index < len(EDGES) else (dice.randint(900, 64_000), 1)
        billed_m = (distance_m + 50) // 100 * 100
        due = min(500, max(200, billed_m // 100)) * seats if distance_m >= 2_000 else 0
        pot_cents -= (paid := min(due, pot_cents))
        reason = "écrêté : budget épuisé" if paid < due else "" if due else "non subventionné : moins de 2 km"
        start, end = dice.sample(PLACES, 2)
        left_at = datetime(2021, 2, 23, 5, tzinfo=UTC) + SLOT * (index * 11 + dice.randint(0, 9))
        granted = f'[{{"index":0,"amount":{due},"siret":"20007537200017"}}]'
        rows.append({
            "journey_id": f"cvl-{index + 1:06d}", "operator_trip_id": f"cvl-t{index // 2 + 1:05d}",
            "driver_id": f"{dice.getrandbits(128):032x}", "passenger_id": f"{dice.getrandbits(128):032x}",
            "operator_class": dice.choice("ABC"), "start_slot_at": left_at,
            "end_slot_at": left_at + SLOT * (1 + distance_m // 15_000),
            **_place("start", start), **_place("end", end), "seats": seats,
            "passenger_contribution_cents": distance_m // 200, "declared_incentives": granted,
            "driver_revenue_cents": distance_m // 200 + paid, "operator_name": "Covoit’Léman",
            "billed_m": billed_m, "reason": reason,
            "band": 1 + (distance_m >= 20_000) + (distance_m > 50_000) if due else None,
            "payee": "conducteur",
            "tariff_cents": due, "capped_cents": due, "incentive_cents": paid,
            "fee_ex_vat_cents": 50 * seats, "vat_cents": 10 * seats,
        })  # fmt: skip
    return pl.DataFrame(rows)


def _place(end: str, place: tuple[str, str, str, float, float]) -> dict[str, object]:
    names = ("commune_code", "postcodes", "commune_name", "lat", "lon")
    return {f"{end}_{name}": value for name, value in zip(names, place, strict=True)}


def make_counts(regular: pl.DataFrame) -> Counts:
    """50 passenger journeys are not valid, 7 elsewhere; those too short are not eligible."""
    seats = int(regular["seats"].sum())
    eligible, paid = (
        int(regular.filter(pl.col(name) > 0)["seats"].sum()) for name in ("tariff_cents", "incentive_cents")
    )
    return Counts(seats + 57, seats + 7, seats, eligible, paid)


AUTHORITY_HEAD = ("Pôle métropolitain du Genevois français", "15 avenue Émile Zola", "74100 Annemasse")
OPERATOR_HEAD = ("Covoit’Léman", "1 quai de l’Exemple", "74200 Thonon-les-Bains", "SIRET 123 456 782 00002")


def make_call(journeys: pl.DataFrame) -> FundCall:
    """The header the warehouse would give for these journeys."""
    regular = journeys.filter(~pl.col("is_adjustment")) if "is_adjustment" in journeys.columns else journeys
    gross, paid = (int(regular[name].sum()) for name in ("tariff_cents", "incentive_cents"))
    sums = ("incentive_cents", "fee_ex_vat_cents", "vat_cents")
    incentive, fee, vat = (int(journeys[name].sum()) for name in sums)
    return FundCall(
        campaign_id="pmgf_2021", campaign_name="Incitation au covoiturage 2021",
        convention_reference="BU2021_01", authority_name="Pôle métropolitain du Genevois français",
        authority_head=AUTHORITY_HEAD, authority_genitive="du Pôle métropolitain",
        operator_id="covoit-leman", operator_name="Covoit’Léman", operator_siret="12345678200002",
        operator_head=OPERATOR_HEAD, period_label="1ᵉʳ trimestre 2021",
        period_start=date(2021, 2, 23), period_end=date(2021, 3, 31), number=1, issued_on=date(2021, 4, 15),
        payment_term_days=30, bands=BANDS, articles=ARTICLES, vat=Vat(2_000),
        counts=make_counts(regular),
        gross_cents=gross, cap_cut_cents=0, cut_cents=paid - gross,
        adjustments=(Adjustment("trajet annulé", "4ᵉ trimestre 2020", 3, incentive - paid),),
        incentive_cents=incentive, fee_ex_vat_cents=fee, vat_cents=vat, total_cents=incentive + fee + vat,
        notes=("L’indemnité n’est pas soumise à la TVA (article 6.2).",
               "Pièces jointes : factures de la Commission Plateforme ; attestation du registre (annexe 2)."),
        readings=("La distance facturée est la distance déclarée, arrondie à 100 m.",
                  "Un trajet de plusieurs places compte autant de trajets passagers (article 1)."),
    )  # fmt: skip


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
    assert abroad and all((row["end.town"], row["end.postcode"]) == ("Suisse", None) for row in abroad)


def test_the_file_name_is_ascii_and_carries_the_totals() -> None:
    call = replace(make_call(make_journeys(20)), operator_id="Covoit’Léman/..")
    counts = f"{call.counts.concerned}_{call.counts.paid}"
    name = f"APDF_2021-T1_pmgf_2021_Covoit-Leman_01_{counts}_{call.total_cents}.xlsx"
    assert file_name(call) == name
    assert file_name(replace(call, period_end=date(2021, 6, 30))).startswith("APDF_20210223-20210630_")
