"""An authority's page: small counts, words of the pot, documents, what the page may not hold."""

import re
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import polars as pl
import yaml
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from dagster_project.campaigns.language.model import Campaign
from dagster_project.catalogue import catalogue
from dagster_project.contracts.archive import K
from dagster_project.contracts.rejection_codes import RULES
from dagster_project.lake.store import Lake
from dagster_project.pages.authority import activity, brief, flows, months
from dagster_project.pages.authority.documents import held_back, papers, to_pay
from dagster_project.pages.authority.pot import picture, told_days
from dagster_project.pages.authority.quality import fates, merged, tellable_steps
from dagster_project.pages.charts import COLOURS, bars
from dagster_project.pages.checks import differing, is_too_large, reaches_out
from dagster_project.pages.operator.checks import differing as differing_of_operators
from dagster_project.pages.operator.tables import drops, refusals
from dagster_project.pages.page import Column, Link, Row, Table, render, shown
from dagster_project.pages.rules import rules
from dagster_project.reports.account.account import Demand
from dagster_project.reports.shared.counts import STEPS
from dagster_project.settings import PROJECT
from dagster_project.settings import settings as installation
from dagster_project.warehouse import cache
from dagster_project.warehouse.cache import reading

_LOSSES = st.lists(st.integers(1, 12), max_size=4)


@given(st.lists(_LOSSES, min_size=5, max_size=5), st.integers(0, 20))
def test_no_count_of_one_to_five_can_be_read_or_subtracted(lost: list[list[int]], paid: int) -> None:
    reached = [paid + sum(map(sum, lost[at + 1 :])) for at in range(5)]
    counts = [
        (step, reached[at], [(f"{at}.{number}", count) for number, count in enumerate(lost[at])])
        for at, step in enumerate(STEPS)
    ]
    before = reached[0] + sum(lost[0])
    for _, kept, losses in tellable_steps(counts):
        assert kept == 0 or kept >= K
        assert [loss for loss in losses if loss[1] < K] == []
        assert before - kept == sum(count for _, count in losses), "a step is what is left of the one before"
        before = kept


def test_small_reasons_are_told_together_and_the_largest_first() -> None:
    assert merged([("a", 30), ("b", 2), ("c", 9), ("d", 5)]) == [
        ("a", 30),
        ("c", 9),
        ("plusieurs motifs, réunis", 7),
    ]


@given(st.lists(st.integers(0, 12), min_size=3, max_size=3), st.integers(0, 12), st.integers(0, 12))
def test_no_few_of_a_territorys_journeys_are_told_of_or_had_from_the_months_valid_ones(
    lost: list[int], plain: int, labelled: int
) -> None:
    counts = {"cancelled": lost[0], "refused:sent_too_late": lost[1], "refused:too_many_trips": lost[2]}
    counts |= {"valid": plain, "labelled": labelled}
    rows = [{"month_on": date(2021, 3, 1), "fate": fate, "seats": n} for fate, n in counts.items() if n]
    shown = [row.cells[1:] for row in fates(rows).rows]
    assert [n for _, kept, gone in shown for n in (kept, gone) if n and n < K] == []
    steps = {words: kept for words, kept, _ in shown}
    if shown:
        assert (
            steps["Reçus par le registre"] - steps["dont valides"]
            == sum(lost)
            == sum(row[2] or 0 for row in shown)
        )
        assert steps["dont valides"] == plain + labelled and not 0 < sum(lost) < K
        few = plain + labelled - steps.get("dont signalés, et non écartés", 0)
        assert few == 0 or few >= K


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 2)), min_size=1, max_size=30))
def test_no_two_days_of_a_pot_have_the_amount_of_a_few_between_them(moves: list[tuple[int, int]]) -> None:
    rows, journeys, called = [], 0, 0
    for number, (more, closed) in enumerate(moves):
        journeys, called = journeys + more, called + closed
        of_nights = {"called_cents": called, "invoiced_cents": 0, "held_cents": 0}
        day = {"day_on": date(2021, 1, 1) + timedelta(number), "journeys": journeys}
        rows.append({**day, **of_nights, "drawn_cents": journeys * 100, "left_cents": -journeys * 100})
    told = list(told_days(rows))
    drawn = [0, *(row["drawn_cents"] // 100 for row in told if row["drawn_cents"] is not None)]
    assert drawn[-1] == journeys and told[-1] == rows[-1], "tonight is told whole"
    assert journeys < K or [one for one in pairwise(drawn) if one[1] - one[0] in range(1, K)] == []
    assert {row["called_cents"] for row in told} == {row["called_cents"] for row in rows}, (
        "nights are all told"
    )


def test_a_pot_is_drawn_with_the_day_on_which_it_may_be_empty() -> None:
    status = {"campaign_id": "c", "budget_cents": 1000, "left_cents": 400, "business_date": date(2021, 3, 20)}
    status |= {"ends_on": date(2021, 12, 31), "exhaustion_on": date(2021, 5, 9)}
    days = [
        {"day_on": day, "left_cents": left, "called_cents": 0, "invoiced_cents": 0, "held_cents": 0}
        for day, left in ((date(2021, 3, 1), 900), (date(2021, 3, 20), 400))
    ]
    drawn = picture(status, days)
    assert drawn is not None and drawn.title.endswith("au 20/03/2021")
    paths = [path.get("d") for path in etree.fromstring(drawn.svg).iter("path")]
    # 305 days on 800 pixels: March 20 is the 19th, May 9 the 69th; 4 of 10 € on 244 pixels.
    assert "M129.8 168.4L261 266" in paths


def test_more_operators_than_colours_are_drawn_together() -> None:
    drawn = bars("b", "t", ["mars"], {f"o{number}": [number] for number in range(1, 9)})
    figure = etree.fromstring(drawn.svg)
    assert len({rect.get("fill") for rect in figure.iter("rect")}) == len(COLOURS)
    assert [text.text for text in figure.iter("text")][-6:] == ["o4", "o5", "o6", "o7", "o8", "Autres"]


def _month(month: int, operator: str, seats: int, cents: int) -> dict[str, object]:
    amounts = dict.fromkeys(("tariff", "cap_cut", "budget_cut", "fee", "adjustment"), 0) | {
        "incentive": cents
    }
    row = {"month_on": date(2021, month, 1), "operator_id": operator, "paid_seats": seats}
    return row | {f"{name}_cents": value for name, value in amounts.items()}


def test_a_mean_is_told_where_no_mean_beside_it_is_of_a_few() -> None:
    rows = [_month(3, "a", 8, 1001), _month(3, "b", 3, 600), _month(4, "a", 6, 900), _month(4, "b", 0, 0)]
    told = {row.cells[:2]: row.cells[-1] for row in months.paid("c", rows, {"a": "A", "b": "B"}).rows}
    assert told["mars 2021", "Ensemble"] == 146 and told["Tous les mois", "Ensemble"] == 147
    assert {told[month, "A"] for month in ("mars 2021", "avril 2021", "Tous les mois")} == {None}
    rows[1] |= {"paid_seats": 6}
    told = {row.cells[:2]: row.cells[-1] for row in months.paid("c", rows, {"a": "A", "b": "B"}).rows}
    assert told["mars 2021", "A"] == 125 and told["mars 2021", "B"] == 100 and told["avril 2021", "B"] is None


def test_a_month_stands_beside_the_same_month_of_the_year_before() -> None:
    rows = [_month(3, "a", 8, 1001), _month(3, "b", 9, 600)]
    told = months.paid("c", rows, {"a": "A", "b": "B"}).rows
    assert [row for row in told if len(row.cells) != 9] == []
    rows.append(_month(3, "a", 7, 700) | {"month_on": date(2022, 3, 1)})
    table = months.paid("c", rows, {"a": "A", "b": "B"})
    place = [column.head for column in table.columns].index("Indemnité, même mois un an avant")
    told = {row.cells[:2]: row.cells[place] for row in table.rows}
    assert told.pop(("mars 2022", "A")) == 1001 and told.pop(("mars 2022", "Ensemble")) == 1601
    assert set(told.values()) == {None}


def test_months_of_a_subject_stand_side_by_side_and_add_up() -> None:
    given = [(date(2021, month, 1), value, count) for month, value, count in
             ((3, "b", 7), (3, None, 9), (4, "a", 8), (4, "b", 6))]  # fmt: skip
    rows = [(month, "operator", value, count, 1000 * count, None, None) for month, value, count in given]
    figures = pl.DataFrame(rows, schema=_FIGURES.schema, orient="row")
    table = activity.shown(figures, {"a": "A", "b": "B"})["operators"][0]
    assert [column.head for column in table.columns] == ["Opérateur", "mars 2021", "avril 2021"]
    assert [row.cells for row in table.rows] == [
        *(("A", None, 8), ("B", 7, 6), ("Autres, réunis", 9, None), ("Total", 16, 14))
    ]


def test_flows_that_grew_most_are_told_and_drawn() -> None:
    annemasse, geneva, gex = "74012 Annemasse", "99140 Genève", "240100750 CA du Pays de Gex"
    given = [
        *(
            (6, f"{annemasse} → {geneva}", 10),
            (6, f"{geneva} → {annemasse}", 9),
            (6, f"{gex} → {geneva}", 50),
        ),
        *(
            (7, f"{annemasse} → {geneva}", 30),
            (7, f"{geneva} → {annemasse}", 8),
            (7, f"{gex} → {geneva}", 99),
        ),
        *((7, f"{annemasse} → {annemasse}", 12), (7, None, 20), (8, f"{annemasse} → {geneva}", 7)),
    ]
    rows = [(date(2021, month, 1), "flow", value, count, 0, None, None) for month, value, count in given]
    figures = pl.DataFrame(rows, schema=_FIGURES.schema, orient="row")
    shown = flows.shown(figures, date(2021, 8, 4), _REFERENCE, _TERRITORY)
    assert shown["chosen"] == {"mois": "2021-07"}, "the last month that is over"
    grown, new = shown["grown"]
    assert [row.cells for row in grown.rows] == [("Annemasse", "Genève", 10, 30, 20)]
    assert [row.cells for row in new.rows] == [("Annemasse", "Annemasse", 12)]
    july = [row.cells for row in shown["places"].rows if row.marks == {"mois": "2021-07"}]
    assert ("Annemasse", "dedans", date(2021, 7, 1), 30, 8, 12) in july
    drawn = etree.fromstring(shown["map"].svg)
    assert len(shown["map"].svg) < 20_000
    hidden = [group.get("hidden") is not None for group in drawn.iter("g")]
    assert hidden == [True, True, True, False, False, False, False, True]
    assert "Annemasse → Annemasse : 12" in [title.text for title in drawn.iter("title")]


_TERRITORY = {"74012": "200011773", "74243": "247400690", "01173": "240100750"}
_REFERENCE = PROJECT / "data" / "reference"
_FIGURES = pl.DataFrame(
    schema={"month_on": pl.Date, "subject": pl.String, "value": pl.String}
    | dict.fromkeys(("passenger_journeys", "passenger_m", "drivers", "passengers"), pl.Int64)
)


def _page(reason: str) -> str:
    entry = {"document": "appel/k/2021-04-01", "issued_on": "2021-08-01", "is_final": True}
    manifest = {
        "files": [entry | {"file": "APDF.pdf"}, entry | {"file": "APDF.xlsx"}],
        "held_back": [{"document": "c/facture/k/2021-05-01", "reason": reason}],
    }
    return render(
        "authority/index.html.jinja",
        authority="Pôle",
        day=date(2021, 8, 1),
        asked=[],
        due=[],
        to_pay=to_pay([], {}, {}),
        held=held_back({"c": manifest}, {"k": "Karavane"}),
        papers=papers({"c": manifest}, {"k": "Karavane"}),
        activity=activity.shown(_FIGURES, {}),
        flows=flows.shown(_FIGURES, date(2021, 8, 1), _REFERENCE, {}),
        fates=fates([]),
        campaigns=[],
    )


def _demand(
    kind: str, left: int, due_on: date | None, status: str = "open", **parts: int
) -> dict[str, object]:
    row = dict.fromkeys([*Demand.__dataclass_fields__, *_PARTS]) | {
        "kind": kind,
        "left_cents": left,
        "status": status,
    }
    row |= {"period_start_on": date(2021, 4, 1), "period_end_on": date(2021, 6, 30), "asked_cents": left}
    return (
        row
        | {"due_on": due_on, "operator_id": "k", "campaign_id": "c", "document_id": "acompte/k/02"}
        | parts
    )


_PARTS = (
    "unmatched_cents",
    "opening_cents",
    "consumed_cents",
    "revision_cents",
    "fee_ex_vat_cents",
    "vat_cents",
)


def test_what_is_due_is_told_by_month_with_its_reason_and_its_document() -> None:
    demands = [
        _demand(
            "invoice",
            120,
            date(2021, 7, 8),
            "unseen",
            fee_ex_vat_cents=100,
            vat_cents=20,
            paid_cents=50,
            unmatched_cents=70,
            interest_cents=2,
            indemnity_cents=4_000,
        ),
        _demand("advance", 531, date(2021, 8, 30), opening_cents=248, consumed_cents=391, revision_cents=531),
        _demand(
            "advance", -850, None, "to_return", opening_cents=1200, consumed_cents=102, revision_cents=-850
        ),
        _demand("invoice", 70, None, "interrupted", fee_ex_vat_cents=70),
    ]
    cards = brief.due_cards(demands, date(2021, 7, 31))
    assert [(name, re.sub(r"\s", " ", amount)) for name, amount, _ in cards] == [
        ("Échu", "1,20 €"), ("À payer en juillet 2021", "0,00 €"), ("À payer en août 2021", "5,31 €"),
        ("Délai interrompu", "0,70 €"), ("À vous rendre", "8,50 €"),
    ]  # fmt: skip
    assert "en plus, 40,02 €" in re.sub(r"\s", " ", cards[0][2])
    assert "aucun relevé bancaire" in cards[0][2] and "relevé" not in cards[2][2]
    manifest = {"files": [{"document": "acompte/k/02", "file": "A.pdf"}]}
    *rows, total = to_pay(demands, {"c": manifest}, {"k": "Karavane"}).rows
    assert total.cells[6] == 120 + 531 - 850 + 70
    assert [re.sub(r"\s", " ", row.cells[7]) for row in rows[:2]] == [
        "trajets du mois, régularisations comprises : HT 1,00 €, TVA 0,20 € ; déjà payé 0,50 € ; "
        "un paiement qui la nomme n’est pas compté (relevé de compte) : 0,70 €",
        "acompte 2,48 €, consommé 3,91 €, porté à 3,88 €"
    ]  # fmt: skip
    assert rows[1].cells[8] == (Link("c/A.pdf", "PDF"),)


def test_the_four_questions_are_answered_where_the_page_opens() -> None:
    gaps = [("k", "elsewhere", 900), ("k", "budget", 100), ("k", "not_declared", -5000), ("a", "equal", 0)]
    campaign = {"id": "c", "name": "C", "status": {"budget_cents": None} | dict.fromkeys(_END), "gaps": [
        {"operator_id": operator, "reason": reason, "gap_cents": cents} for operator, reason, cents in gaps
    ]}  # fmt: skip
    grown = Table("f", "", [Column(head) for head in ("Origine", "Destination", "Mai", "Juin", "+")], [
        Row((f"de {number}", f"à {number}", 7, 20 - number, 13 - number)) for number in range(5)
    ])  # fmt: skip
    cards = [("Échu", "1 €", ""), ("À payer en août", "2 €", "")]
    answers = {at: answer for at, _, answer in brief.asked(cards, [campaign], grown, {"a": "A", "k": "K"})}
    assert answers["faire"] == "Échu : 1 € ; à payer en août : 2 €."
    assert (
        "de mai à juin, parmi les flux que les deux mois montrent : de 0 → à 0 (+ 13), "
        in (answers["lieux-section"])
    )
    assert answers["lieux-section"].endswith("de 2 → à 2 (+ 11).")
    reasons = "hors du territoire ou de la période de la campagne 9,00 €, enveloppe épuisée 1,00 €"
    told = f"K : 10,00 € déclarés et non dus ({reasons})."
    assert re.sub(r"\s", " ", answers["declare"]) == told


_END = ("exhaustion_on", "ends_on", "earliest_on", "horizon_on")


def test_a_page_links_its_documents_and_names_what_is_held_back() -> None:
    page = _page("<script>motif</script>")
    assert 'href="c/APDF.pdf">PDF' in page and 'href="c/APDF.xlsx">Excel' in page
    assert "Appel de fonds, depuis avril 2021" in page and "Facture de la commission, depuis mai 2021" in page
    assert "&lt;script&gt;motif" in page and "<script>motif" not in page


def test_a_page_that_reaches_for_the_network_is_found(tmp_path: Path) -> None:
    file = tmp_path / "index.html"
    file.write_text(_page("motif"), "utf-8")
    assert not reaches_out(file)
    file.write_text(_page("motif").replace("</head>", '<link href="//x.example/a.css"></head>'), "utf-8")
    assert reaches_out(file)


def test_amounts_are_french() -> None:
    assert re.sub(r"\s", " ", shown(123456, "euros")) == "1 234,56 €"


def test_the_rules_of_every_campaign_can_be_told() -> None:
    files = [*(PROJECT / "tests/campaigns").glob("*.yml"), *(PROJECT / "data/campaigns").glob("*.yml")]
    amended = {
        "euros": 100,
        "article": "6.1",
        "avenants": [{"du": "2021-05-01", "euros": "aucun", "article": "1"}],
    }
    for file in files:
        given = yaml.safe_load(file.read_text("utf-8"))
        for campaign in (given, given | {"budget": amended}):
            told = [str(row) for row in rules(Campaign.model_validate(campaign), {}).rows]
            assert any("Appel" in line for line in told), file.name
        assert any("Sans limite dès le 01/05/2021" in line for line in told), told


def test_a_printed_amount_that_is_not_the_warehouses_is_found(house: Lake, tmp_path: Path) -> None:
    (page,) = house.exports.glob("pmgf/index.html")
    text, file = page.read_text("utf-8"), tmp_path / page.parent.name / page.name
    file.parent.mkdir()
    with reading(house) as connection:
        assert differing(connection, page) == []
        for table, head in (("appels", "Indemnité"), ("mois", "Commission TTC"), ("jours", "Reste")):
            file.write_text(_with_other_numbers(text, f'{table}_[^"]*'), "utf-8")
            found = differing(connection, file)
            assert [name for name in found if name.startswith(table) and name.endswith(head)], found


def _with_other_numbers(text: str, table: str) -> str:
    """The page with one added to every number of a table."""
    (cells,) = re.findall(rf'<table id="{table}".*?</table>', text, re.DOTALL)[:1]
    changed = re.sub(r'data-v="(\d+)', lambda found: f'data-v="{int(found[1]) + 1}', cells)
    assert changed != cells
    return text.replace(cells, changed)


def test_an_operators_page_tells_its_own_figures_and_nothing_of_another(house: Lake) -> None:
    """The whole house: no id, name or SIREN of another; sums are the ledger's; what is linked lies there."""
    known = {operator.id: operator for operator in catalogue.operators(installation().catalogue)}
    files = {page.parents[1].name: page for page in house.drops.glob("*/feedback/index.html")}
    assert {"alpimob", "covoit_leman", "karavane", "troisplaces"} <= set(files)
    with cache.reading(house) as connection:
        sums = connection.execute(
            "select operator_id, sum(incentive_cents), count(*) from finance.fund_calls group by all"
        ).fetchall()
        texts = {operator_id: page.read_text("utf-8") for operator_id, page in files.items()}
        assert differing_of_operators(house, connection, texts) == []
        for table, head in (("appels", "Indemnité"), ("demandes", "Reste"), ("depots", "Lignes")):
            told = {"karavane": _with_other_numbers(texts["karavane"], table)}
            assert f"karavane : {table}, {head}" in differing_of_operators(house, connection, told)
    for operator_id, page in files.items():
        text = page.read_text("utf-8")
        for other in set(known) - {operator_id}:
            told = (other, known[other].name, known[other].siren)
            seen = [one for one in told if re.search(rf"\b{re.escape(one)}\b", text, re.I)]
            assert seen == [], (operator_id, other)
        assert not reaches_out(page) and not is_too_large(page)
        links = [unquote(link) for link in re.findall(r'href="([^"#][^"]*)"', text)]
        assert links and [link for link in links if not (page.parent / link).is_file()] == []
        levels = [int(level) for level in re.findall(r"<h(\d)", text)]
        assert levels[0] == 1 and [one for one in pairwise(levels) if one[1] - one[0] > 1] == []
    for operator_id, cents, calls in sums:
        total = r'class="total"><th scope="row">Total</th>.*?data-v="{}"'
        text = files[operator_id].read_text("utf-8")
        shown_cents = f"{cents // 100},{cents % 100:02d}"
        assert calls < 2 or re.search(total.format(shown_cents), text), operator_id


def test_a_motive_is_told_with_its_remedy_and_where_it_goes() -> None:
    rows = [
        {"rule_code": "sent_too_late", "weeks_ago": ago, "found": found}
        for ago, found in ((0, 2), (3, 5), (9, 1))
    ]
    (row,) = refusals(rows).rows
    assert row.cells[0] == "sent_too_late" and row.cells[2] == RULES["sent_too_late"].remedy
    assert row.cells[3:] == (8, 5, 0, 0, 2, "en baisse")


def test_only_what_lies_there_is_linked() -> None:
    drop = {
        "drop_id": "k-1", "business_date": date(2021, 3, 1), "file_name": "a b.csv", "rows": 2,
        "accepted_rows": 1, "rejected_rows": 1, "new_journeys": 1, "corrections": 0, "cancellations": 0,
        "duplicates": 0, "refused_code": None,
    }  # fmt: skip
    (row,) = drops([drop], {"k-1": "a%b.csv.0.json"}, {"a%b.csv.0.json"}).rows
    assert [link.path for link in row.cells[-1]] == ["a%25b.csv.0.json"]
    assert drops([drop], {}, set()).rows[0].cells[-1] == []
