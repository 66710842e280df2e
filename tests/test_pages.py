"""An authority's page: small counts, words of the pot, documents, what the page may not hold."""

import re
from datetime import date
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.campaigns.language.model import Campaign
from dagster_project.catalogue import catalogue
from dagster_project.contracts.archive import K
from dagster_project.contracts.rejection_codes import RULES
from dagster_project.lake.store import Lake
from dagster_project.pages.authority.documents import held_back, papers
from dagster_project.pages.authority.pot import end_words
from dagster_project.pages.authority.quality import merged, told
from dagster_project.pages.authority.rules import rules
from dagster_project.pages.checks import is_too_large, reaches_out
from dagster_project.pages.operator.checks import differing
from dagster_project.pages.operator.tables import drops, refusals
from dagster_project.pages.page import render, shown
from dagster_project.reports.shared.counts import STEPS
from dagster_project.settings import PROJECT
from dagster_project.settings import settings as installation
from dagster_project.warehouse import cache

_LOSSES = st.lists(st.integers(1, 12), max_size=4)


@given(st.lists(_LOSSES, min_size=5, max_size=5), st.integers(0, 20))
def test_no_count_of_one_to_five_can_be_read_or_subtracted(lost: list[list[int]], paid: int) -> None:
    reached = [paid + sum(map(sum, lost[at + 1 :])) for at in range(5)]
    counts = [
        (step, reached[at], [(f"{at}.{number}", count) for number, count in enumerate(lost[at])])
        for at, step in enumerate(STEPS)
    ]
    before = reached[0] + sum(lost[0])
    for _, kept, losses in told(counts):
        assert kept == 0 or kept >= K
        assert all(count >= K for _, count in losses)
        assert before - kept == sum(count for _, count in losses), "a step is what is left of the one before"
        before = kept


def test_small_reasons_are_told_together_and_the_largest_first() -> None:
    assert merged([("a", 30), ("b", 2), ("c", 9), ("d", 5)]) == [
        ("a", 30),
        ("c", 9),
        ("plusieurs motifs, réunis", 7),
    ]


@pytest.mark.parametrize(
    ("on", "words"),
    [
        (None, "aucune fin prévisible"),
        (date(2021, 6, 25), "n’a pas suffi à partir du 25/06/2021"),
        (date(2021, 9, 1), "est épuisée le 01/09/2021"),
        (date(2022, 3, 1), "suffit jusqu’au 31/12/2021"),
    ],
)
def test_the_end_of_a_pot_is_told_as_the_warehouse_has_it(on: date | None, words: str) -> None:
    status = {
        "budget_cents": 100,
        "exhaustion_on": on,
        "ends_on": date(2021, 12, 31),
        "business_date": date(2021, 8, 1),
    }
    assert words in end_words(status)


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
        to_pay=papers({}, {}),
        held=held_back({"c": manifest}, {"k": "Karavane"}),
        papers=papers({"c": manifest}, {"k": "Karavane"}),
        campaigns=[],
    )


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


def test_an_operators_page_tells_its_own_figures_and_nothing_of_another(house: Lake) -> None:
    """The whole house: no id, name or SIREN of another; sums are the ledger's; what is linked lies there."""
    known = {operator.id: operator for operator in catalogue.operators(installation().catalogue)}
    files = {page.parents[1].name: page for page in house.drops.glob("*/feedback/index.html")}
    assert {"alpimob", "covoit_leman", "karavane", "troisplaces"} <= set(files)
    with cache.reading(house) as connection:
        sums = connection.execute(
            "select operator_id, sum(incentive_cents), count(*) from finance.fund_calls group by all"
        ).fetchall()
        assert differing(house, connection) == []
    for operator_id, page in files.items():
        text = page.read_text("utf-8")
        for other in set(known) - {operator_id}:
            told = (other, known[other].name, known[other].siren)
            assert not any(re.search(rf"\b{re.escape(one)}\b", text, re.I) for one in told), (
                operator_id,
                other,
            )
        assert not reaches_out(page) and not is_too_large(page)
        links = [unquote(link) for link in re.findall(r'href="([^"#][^"]*)"', text)]
        assert links and all((page.parent / link).is_file() for link in links)
        levels = [int(level) for level in re.findall(r"<h(\d)", text)]
        assert levels[0] == 1 and all(after - before <= 1 for before, after in pairwise(levels))
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
