"""A campaign's folder of documents: what goes out, what is held back."""

import shutil
from collections.abc import Mapping
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from dagster_project.errors import DocumentError
from dagster_project.lake.store import Lake
from dagster_project.reports.shared.call_checks import resting_on
from dagster_project.reports.shared.folder import Document, Publication, publish_folder
from dagster_project.reports.shared.signatory import Signatory


def test_a_document_that_cannot_be_drawn_holds_back_itself_alone(tmp_path: Path) -> None:
    def draw(folder: Path, _: date, *, name: str, fails: bool = False) -> dict[str, int]:
        (folder / name).write_text("written")
        if fails:
            raise DocumentError("1048577 journeys do not fit an Excel sheet")
        return {name: 1}

    def published(*, fails: bool) -> Publication:
        documents = [
            Document("appel/grand", partial(draw, name="grand", fails=fails), is_final=True),
            Document("appel/petit", partial(draw, name="petit"), is_final=True),
        ]
        signatory = Signatory(Lake(tmp_path / "home"))
        return publish_folder(tmp_path / "campagne", "campagne", documents, date(2021, 3, 1), signatory)

    made = published(fails=True)
    assert made.held == {"campagne/appel/grand": "1048577 journeys do not fit an Excel sheet"}
    files = {file.name for file in (tmp_path / "campagne").iterdir()}
    assert files == {"petit", "manifest.json"}
    assert not published(fails=False).held
    assert (tmp_path / "campagne" / "grand").exists()


@pytest.mark.parametrize("cause", ["it was held", "its night failed"])
def test_what_goes_out_after_its_closing_bears_that_later_day_and_keeps_it(
    tmp_path: Path, cause: str
) -> None:
    """Its term of payment counts from the day it goes out (CONVENTION 8.4)."""

    def draw(folder: Path, issued_on: date) -> dict[str, int]:
        (folder / "appel.txt").write_text(f"{issued_on}")
        return {"appel.txt": 1}

    def night(day: date, held: str, **gone: Mapping[str, date]) -> Publication:
        call = Document("appel/a", draw, is_final=True, issued_on=date(2021, 4, 6), held=held)
        signatory = Signatory(Lake(tmp_path / "home"))
        return publish_folder(tmp_path / "campagne", "campagne", [call], day, signatory, **gone)

    if cause == "it was held":
        assert night(date(2021, 4, 6), "2 plafond(s) dépassé(s)").held
    assert not night(date(2021, 6, 1), "").held
    file = tmp_path / "campagne" / "appel.txt"
    assert file.read_text() == "2021-06-01"
    file.unlink()
    night(date(2021, 7, 1), "")
    assert file.read_text() == "2021-06-01"
    shutil.rmtree(tmp_path / "campagne")  # the lake knows the day
    night(date(2021, 7, 1), "", went_out_on={"appel/a": date(2021, 6, 1)})
    assert file.read_text() == "2021-06-01"


@pytest.mark.parametrize("has_links", [True, False])
def test_a_draft_is_drawn_once_a_month_where_it_is_missing_and_as_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, has_links: bool
) -> None:
    """Its figures are told every night; nobody reads a workbook that changes every morning."""

    def refused(*_: object) -> None:
        raise OSError

    Lake(tmp_path / "home").key("active")  # made by a link, too
    if not has_links:
        monkeypatch.setattr("os.link", refused)

    def draw(folder: Path, issued_on: date, *, id: str, text: str) -> dict[str, int]:
        (folder / id).write_text(text)
        return {id: 1}

    def night(day: date, text: str, *ids: str, asked: bool = False) -> dict[str, str]:
        documents = [Document(one, partial(draw, id=one, text=text), content=lambda: text) for one in ids]
        documents.append(Document("s", partial(draw, id="s", text=text), is_nightly=True))
        told = partial(str, text in "abc")  # what it is made from changes after the second of April alone
        documents.append(Document("n", partial(draw, id="n", text=text), content=told, is_nightly=True))
        signatory = Signatory(Lake(tmp_path / "home"))
        folder = tmp_path / "campagne"
        publish_folder(folder, "campagne", documents, day, signatory, draws_drafts=asked)
        return {file.name: file.read_text() for file in folder.iterdir() if file.name != "manifest.json"}

    assert night(date(2021, 3, 30), "a", "x") == {"x": "a", "s": "a", "n": "a"}
    assert night(date(2021, 3, 31), "b", "x", "y") == {"x": "a", "y": "b", "s": "b", "n": "a"}
    assert night(date(2021, 4, 2), "c", "x", "y") == {"x": "c", "y": "c", "s": "c", "n": "c"}
    (tmp_path / "campagne" / "y").unlink()  # as retention does
    assert night(date(2021, 4, 3), "d", "x", "y") == {"x": "c", "y": "d", "s": "d", "n": "d"}
    (tmp_path / "campagne" / "x").write_text("altered")
    assert night(date(2021, 4, 3), "e", "x", "y") == {"x": "e", "y": "d", "s": "e", "n": "d"}
    assert night(date(2021, 4, 4), "f", "x", asked=True) == {"x": "f", "s": "f", "n": "f"}
    assert night(date(2021, 4, 5), "g") == {"s": "g", "n": "f"}


def test_what_rests_on_a_held_call_is_held_with_it() -> None:
    held = {("a", date(2021, 4, 1)): "2 plafond(s) dépassé(s)"}
    day, after = date(2021, 4, 1), date(2021, 4, 2)
    reason = "repose sur l'appel de fonds de la période du 01/04/2021, retenu : 2 plafond(s) dépassé(s)"
    assert resting_on(held, "a", since=day, before=after) == reason  # its invoices
    assert resting_on(held, "a", since=date.min, before=date(2021, 7, 2)) == reason  # later statements
    assert (
        resting_on(held, "a", since=date.min, before=day)
        == resting_on(held, "b", since=day, before=after)
        == ""
    )
