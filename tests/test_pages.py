"""An authority's page: small counts, words of the pot, documents, what the page may not hold."""

import re
from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.campaigns.language.model import Campaign
from dagster_project.contracts.archive import K
from dagster_project.pages.authority.documents import held_back, papers
from dagster_project.pages.authority.pot import end_words
from dagster_project.pages.authority.quality import merged, told
from dagster_project.pages.authority.rules import rules
from dagster_project.pages.checks import reaches_out
from dagster_project.pages.page import render, shown
from dagster_project.reports.shared.counts import STEPS
from dagster_project.settings import PROJECT

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
