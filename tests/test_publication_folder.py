"""A campaign's folder of documents: what goes out, what is held back."""

from datetime import date
from functools import partial
from pathlib import Path

from dagster_project.lake import Lake
from dagster_project.reports.folder import Document, Publication, publish_folder
from dagster_project.reports.signatory import Signatory
from dagster_project.settings import settings


def test_a_document_that_cannot_be_drawn_holds_back_itself_alone(tmp_path: Path) -> None:
    def draw(folder: Path, issued_on: date, *, fails: bool) -> dict[str, int]:
        (folder / f"{issued_on}.txt").write_text("written")
        if fails:
            raise ValueError("1048577 journeys do not fit an Excel sheet")
        return {f"{issued_on}.txt": 1}

    def published(day: int, *, fails: bool) -> Publication:
        documents = [
            Document("appel/grand", partial(draw, fails=fails), is_final=True, issued_on=date(2021, 1, day)),
            Document("appel/petit", partial(draw, fails=False), is_final=True, issued_on=date(2021, 2, 1)),
        ]
        signatory = Signatory(Lake(tmp_path / "home"), settings())
        return publish_folder(tmp_path / "campagne", "campagne", documents, date(2021, 3, 1), signatory)

    made = published(1, fails=True)
    assert made.held == {"campagne/appel/grand": "1048577 journeys do not fit an Excel sheet"}
    assert [file.name for file in sorted((tmp_path / "campagne").iterdir())] == [
        "2021-02-01.txt",
        "manifest.json",
    ]
    assert not published(1, fails=False).held
    assert (tmp_path / "campagne" / "2021-01-01.txt").exists()
