"""Pages as people open them, an authority's and the public's: from the disk, on screen or phone, by keyboard.

`make browser` runs these; `make test` leaves them out.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from axe_playwright_python.sync_playwright import Axe
from click.testing import CliRunner
from playwright.sync_api import Browser, Page, expect, sync_playwright

from dagster_project.cli.main import main
from dagster_project.contracts.documents import PUBLIC
from dagster_project.lake.store import Lake
from dagster_project.settings import PROJECT
from dagster_project.warehouse.cache import reading

from .conftest import use

pytestmark = pytest.mark.browser
SCREEN, PHONE = 1280, 390
# Milliseconds from the choice until what it shows is laid out.
_CHOOSE = """(select) => {
    const start = performance.now();
    select.value = [...select.options].at(-1).value;
    select.dispatchEvent(new Event("change"));
    document.body.offsetHeight;
    return performance.now() - start;
}"""


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """Chromium; its sandbox runs for nobody who is root."""
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium, chromium_sandbox=os.geteuid() != 0) as browser,
    ):
        yield browser


@contextmanager
def _opened(browser: Browser, file: Path, width: int) -> Iterator[Page]:
    """The page at a width; it asked for nothing but itself and complained of nothing."""
    with browser.new_context(
        viewport={"width": width, "height": 900}, offline=True, accept_downloads=True
    ) as visitor:
        page, asked, told = visitor.new_page(), list[str](), list[str]()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: told.append(message.text))
        page.on("pageerror", lambda error: told.append(error.message))
        page.goto(file.as_uri())
        yield page
        assert ([url for url in asked if not url.startswith("blob:")], told) == ([file.as_uri()], [])


@pytest.fixture(params=[SCREEN, PHONE])
def page(browser: Browser, house: Lake, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The authority's page."""
    with _opened(browser, house.exports / "pmgf" / "index.html", request.param) as page:
        yield page


@pytest.fixture(params=[(name, width) for name in ("index", "departement-74") for width in (SCREEN, PHONE)])
def public(browser: Browser, house: Lake, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page of the public's."""
    name, width = request.param
    with _opened(browser, house.exports / PUBLIC / f"{name}.html", width) as page:
        yield page


def test_a_page_opens_at_once_fits_and_can_be_read_by_all(page: Page) -> None:
    _check_readable(page)


def test_a_public_page_opens_at_once_fits_and_can_be_read_by_all(public: Page) -> None:
    _check_readable(public)


def test_a_month_that_is_chosen_shows_its_territories_at_once(public: Page) -> None:
    for id in ("flux", "territoires" if public.locator("#territoires").count() else "epci"):
        section = public.locator("section", has=public.locator(f"#{id}"))
        select, rows = section.locator("select[data-mark=mois]"), public.locator(f"#{id} tbody tr")
        assert rows.filter(visible=True).count() < rows.count()
        assert select.evaluate(_CHOOSE) < 300
        last = select.locator("option").last.inner_text()
        months = {row.locator("td").first.inner_text() for row in rows.filter(visible=True).all()}
        assert months == {last}


def test_a_public_tables_csv_is_the_open_datas(public: Page, house: Lake, tmp_path: Path) -> None:
    with public.expect_download() as download:
        public.locator("button[data-table=mois]").click()
    download.value.save_as(tmp_path / "mois.csv")
    shown = pl.read_csv(tmp_path / "mois.csv", separator=";")
    if "France" in public.title():
        files = sorted((house.exports / PUBLIC / "donnees").glob("territoires_*.csv"), reverse=True)
        whole = pl.col("niveau").eq("ensemble") & ~pl.col("reste")
        told = [pl.read_csv(file).filter(whole)["trajets"].item() for file in files]
        assert shown["Trajets"].to_list() == told
    assert shown.height == 3


def _check_readable(page: Page) -> None:
    loaded = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
    assert 0 < loaded < 2_000
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_a_simulation_fits_and_can_be_read_by_all(browser: Browser, house: Lake, tmp_path: Path) -> None:
    force = PROJECT / "data" / "campaigns" / "pmgf_2021.yml"
    less = tmp_path / "pmgf_2021_avec_150_centimes.yml"
    less.write_text(force.read_text("utf-8").replace("centimes: 200", "centimes: 150"), "utf-8")
    arguments = ["--campaign", force, "--compare", less, "--page", tmp_path / "out"]
    use(house.home)
    assert CliRunner().invoke(main, ["simulate", *map(str, arguments)]).exit_code == 0
    (file,) = (tmp_path / "out").glob("*.html")
    for width in (SCREEN, PHONE):
        with browser.new_context(viewport={"width": width, "height": 900}, offline=True) as visitor:
            page, told = visitor.new_page(), list[str]()
            page.on("console", lambda message, told=told: told.append(message.text))
            page.goto(file.as_uri())
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth") and not told
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()


def test_a_choice_shows_its_rows_at_once(page: Page) -> None:
    (select, *_) = page.locator("select[data-mark=operateur]").all()
    chosen = page.locator("[id^=mois_] tbody tr").filter(visible=True)
    assert chosen.count() == page.locator("[id^=mois_] tbody tr").count() > 3
    assert select.evaluate(_CHOOSE) < 300
    last = select.locator("option").last.inner_text()
    assert {row.locator("td").first.inner_text() for row in chosen.all()} == {last}


def test_a_tables_csv_has_the_warehouses_amounts(page: Page, house: Lake, tmp_path: Path) -> None:
    table = page.locator("[id^=jours_]")
    page.locator("summary", has_text="Enveloppe jour par jour").click()
    expect(table).to_be_visible()
    with page.expect_download() as download:
        page.locator(f"button[data-table={table.get_attribute('id')}]").click()
    download.value.save_as(tmp_path / "jours.csv")
    days = pl.read_csv(tmp_path / "jours.csv", separator=";")
    with reading(house) as connection:
        ((left,),) = connection.execute("select left_cents from finance.budget_status").fetchall()
    assert int(days["Reste"][-1].replace(",", "")) == left


def test_the_keyboard_comes_past_the_head_of_the_page(page: Page) -> None:
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Aller au contenu")
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#contenu"
    levels = page.locator("h1, h2, h3").evaluate_all("heads => heads.map(head => +head.tagName[1])")
    assert levels[0] == 1 and [pair for pair in pairwise(levels) if pair[1] > pair[0] + 1] == []
