"""Dagster's pages as people use them: Chromium, what `entrepot ui` starts, real nights.

`make browser` runs these; `make test` leaves them out.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from itertools import pairwise

import pytest
from dagster import AssetKey, DagsterRunStatus, RunsFilter
from dagster._core.storage.asset_check_execution_record import (
    AssetCheckExecutionRecordStatus as CheckStatus,
)
from playwright.sync_api import BrowserContext, Locator, Page, expect, sync_playwright

from dagster_project.lake.store import Lake
from dagster_project.reports.shared.call_checks import ALERTS
from dagster_project.runner.night import _job
from dagster_project.sample import Spec, generate, write
from dagster_project.settings import PROJECT
from tests.support.servers import free_port, wait_until_listening

from .conftest import REFERENCE, dagster_of, run_sample

pytestmark = pytest.mark.browser
SPEC = Spec(journeys=600, first_day=date(2021, 3, 1), last_day=date(2021, 3, 5), nights=5)
NIGHTS = [date(2021, 3, day) for day in range(1, 6)]
RUN, WAITING = NIGHTS[:2], NIGHTS[2:]
PATIENCE_MS = 60_000
NIGHTS_PATIENCE_MS = 600_000
_IS_PAINTED = (
    "canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean)"
)


class Pages:
    """Dagster's pages, by the words on them. What a new version names otherwise is changed here."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def graph(self) -> Locator:
        """The nodes of the graph of all assets; groups are closed."""
        self._page.get_by_role("link", name="Lineage").click()
        return self._page.locator("foreignObject")

    def plots(self, asset: str) -> tuple[Locator, Locator]:
        """Names and drawings of an asset's plots, night after night."""
        self._page.goto(f"/assets/{asset}")
        self._page.get_by_role("button", name="Plots").click()
        self._page.get_by_role("button", name="Events").click()  # by partition: the last 120 days alone
        return self._page.get_by_text(re.compile("^plot/")), self._page.locator("canvas")

    def picture(self, asset: str, name: str | re.Pattern[str]) -> Locator:
        """The picture of that name that an asset's metadata hold."""
        self._page.goto(f"/assets/{asset}")
        self._page.get_by_text("[Show Markdown]").click()
        return self._page.get_by_role("dialog").get_by_role("img", name=name)

    def column(self, asset: str, name: str) -> Locator:
        """A column's line in the table of an asset's columns."""
        self._page.goto(f"/assets/{asset}")
        return self._page.get_by_role("row").filter(has_text=name)

    def check(self, asset: str, name: str) -> tuple[Locator, Locator]:
        """How a check went, twice: in the list, and beside it; what it tells."""
        self._page.goto(f"/assets/{asset}?view=checks&checkDetail={name}")
        states = self._page.get_by_text("Failed", exact=True)
        self._page.get_by_text("[Show JSON]").click()
        return states, self._page.get_by_role("dialog")

    def runs(self) -> Locator:
        """The nights that the job's page lists."""
        self._page.goto("/locations/entrepot/jobs/nightly/runs")
        return self._page.locator("a[href^='/runs/']")

    def launch(self, first: date, last: date) -> Locator:
        """Launch the nights of these days. Their page says it twice: as a column's head, at last as state."""
        self._page.get_by_role("link", name="Jobs").click()
        self._page.get_by_role("link", name="nightly").click()
        self._page.get_by_text("Partitions", exact=True).click()
        self._page.get_by_role("button", name="Materialize…").click()
        dialog = self._page.get_by_role("dialog")
        dialog.get_by_role("button", name="Show all partitions").click()
        dialog.get_by_role("textbox").fill(f"[{first}...{last}]")
        dialog.get_by_role("textbox").press("Enter")
        dialog.get_by_role("button", name="Launch backfill").click()
        expect(dialog).to_be_hidden()
        self._page.reload()
        self._page.locator("a[href*='/runs/b/']").click()
        return self._page.get_by_text("Succeeded", exact=True)


@pytest.fixture(scope="module")
def lake(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Two nights are over, the drops of three wait. An operator laid a file where a folder belongs."""
    home = tmp_path_factory.mktemp("browser") / "home"
    drops = list(generate(SPEC, REFERENCE)[0])
    assert sorted({drop.business_date for drop in drops}) == NIGHTS
    (home / "drops" / "alpimob").mkdir(parents=True)
    (home / "drops" / "alpimob" / "processed").write_text("a file")
    lake = run_sample(home, drops, RUN)
    write([drop for drop in drops if drop.business_date in WAITING], lake.drops)
    return lake


@pytest.fixture(scope="module")
def link(lake: Lake) -> Iterator[str]:
    """What `entrepot ui` prints to be opened; server and daemon last as long as the tests."""
    port, told = free_port(), lake.home.with_name("told.txt")
    command = [sys.executable, "-m", "dagster_project.cli.main", "ui", "--port", str(port)]
    with told.open("w") as out, subprocess.Popen(command, cwd=PROJECT, stdout=out, stderr=out) as server:
        try:
            wait_until_listening(port)
            yield re.findall(r"http://\S+/login\?token=\S+", told.read_text("utf-8"))[0]
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=120)


@pytest.fixture(scope="module")
def visitor(chromium: str, link: str) -> Iterator[BrowserContext]:
    """Who came by the link."""
    expect.set_options(timeout=PATIENCE_MS)
    with (
        sync_playwright() as playwright,
        # Its sandbox runs for nobody who is root.
        playwright.chromium.launch(executable_path=chromium, chromium_sandbox=os.geteuid() != 0) as browser,
        browser.new_context(base_url=link, viewport={"width": 1600, "height": 1000}) as visitor,
    ):
        visitor.set_default_timeout(PATIENCE_MS)
        visitor.new_page().goto(link)
        yield visitor


@pytest.fixture
def pages(visitor: BrowserContext) -> Pages:
    """A new tab of theirs."""
    page = visitor.new_page()
    page.goto("/")
    return Pages(page)


def test_the_graph_opens_down_to_an_asset(pages: Pages) -> None:
    graph = pages.graph()
    expect(graph.get_by_text("journeys", exact=True)).to_be_hidden()
    graph.get_by_text("drops", exact=True).click()
    expect(graph.get_by_text("journeys", exact=True)).to_be_visible()


def test_an_assets_page_draws_its_numbers_and_its_picture(pages: Pages) -> None:
    names, drawings = pages.plots("lake/drops")
    operators = [f"plot/rows of {operator}" for operator in SPEC.operators]
    expect(names).to_have_text(["plot/accepted, percent", *operators])
    painted = [drawing.evaluate(_IS_PAINTED) for drawing in drawings.all()]
    assert painted == [True] * (1 + len(names.all())), "and the rows of the table"
    names, _ = pages.plots("retention/retentions")
    expect(names).to_have_text(
        [f"plot/{name}" for name in ("cache, megabytes", "lake, megabytes", "night until its proof, seconds")]
    )
    named = {"fraud/overview": "Signalements", "exports/pages": re.compile("^Enveloppe jour par jour")}
    for asset, name in named.items():
        picture = pages.picture(asset, name)
        expect(picture).to_be_visible()
        assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100


def test_a_column_says_of_which_columns_it_is_made(pages: Pages) -> None:
    row = pages.column("finance/fund_calls", "total_cents")
    expect(row).to_contain_text("Made of finance.int_fund_call_journeys (fee_ex_vat_cents, incentive_cents")


def test_a_failed_check_says_where_why_and_what_to_do(pages: Pages) -> None:
    states, told = pages.check("lake/drops", "every_operators_folder_is_in_order")
    expect(states).to_have_count(2)
    expect(told).to_contain_text(
        "alpimob, processed/: a link or a file stands where a folder belongs. Remedy: "
    )


def test_the_jobs_page_lists_the_nights_that_no_page_launched(pages: Pages, lake: Lake) -> None:
    with dagster_of(lake) as instance:
        known = [run.run_id[:8] for run in instance.get_runs()]
    listed = pages.runs()
    for run_id in known:
        expect(listed.filter(has_text=run_id).first).to_be_visible()


def test_a_backfill_of_three_nights_ends_green_and_in_order(pages: Pages, lake: Lake) -> None:
    expect(pages.launch(WAITING[0], WAITING[-1])).to_have_count(2, timeout=NIGHTS_PATIENCE_MS)
    with dagster_of(lake) as instance:
        (backfill,) = instance.get_backfills()
        records = instance.get_run_records(RunsFilter(tags={"dagster/backfill": backfill.backfill_id}))
        nights, graph = {str(day) for day in WAITING}, _job().asset_layer.asset_graph
        made = {key: instance.get_materialized_partitions(key) for key in graph.materializable_asset_keys}
        of_calls = graph.get_check_keys_for_assets({AssetKey(["exports", "fund_calls"])})
        checked = instance.event_log_storage.get_latest_asset_check_execution_by_key([*of_calls])
    assert [key.to_user_string() for key, days in made.items() if not nights <= days] == []
    failed = {key.name for key, record in checked.items() if record.status != CheckStatus.SUCCEEDED}
    assert len(checked) > 10 and failed <= ALERTS.keys()
    ordered = sorted(records, key=lambda record: record.start_time or 0)
    assert {record.dagster_run.status for record in ordered} == {DagsterRunStatus.SUCCESS}
    assert [record.dagster_run.tags["dagster/partition"] for record in ordered] == [
        str(day) for day in WAITING
    ]
    times = [(one.end_time or 0, after.start_time or 0) for one, after in pairwise(ordered)]
    assert [(end, start) for end, start in times if end > start] == []


def test_an_operators_page_opens_alone_and_reads_on_a_phone(visitor: BrowserContext, lake: Lake) -> None:
    page_of = lake.drops / "karavane" / "feedback" / "index.html"
    assert visitor.browser
    with visitor.browser.new_context(offline=True, viewport={"width": 390, "height": 800}) as phone:
        page, asked, errors = phone.new_page(), list[str](), list[str]()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(page_of.as_uri())
        expect(page.get_by_role("heading", level=1)).to_have_text("Karavane")
        expect(page.get_by_role("table", name=re.compile("Dépôts des trente derniers jours"))).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        with page.expect_download() as told:
            page.get_by_role("button", name=re.compile("Enregistrer en CSV : Dépôts")).click()
        assert told.value.path().read_text("utf-8-sig").startswith('"Nuit";"Fichier"')
        assert asked[0] == page_of.as_uri()
        assert [url for url in asked if not url.startswith(("file:", "blob:"))] == []
        assert not errors
