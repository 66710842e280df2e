"""What leaves as CSV or Excel runs nothing where it is opened."""

import io
import re
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.contracts.authority import AUTHORITY_JOURNEYS
from dagster_project.files.csv_out import PEOPLE, PROGRAMS, Dialect, write_csv
from dagster_project.reports.authority.files import WRITERS, legend

ROOT = Path(__file__).parents[1]
RISKY = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r@x",
    "\n-1",
    " =1",
    "＝1",
    'x";=1',
    "x,=cmd|'/c calc'!A1",
    "a;\t+1",
)
FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]")


def written(rows: pl.DataFrame, dialect: Dialect) -> str:
    target = io.BytesIO()
    write_csv(rows, target, dialect)
    return target.getvalue().decode()


@pytest.mark.slow
@given(st.lists(st.sampled_from(RISKY) | st.text(), min_size=1), st.sampled_from([PEOPLE, PROGRAMS]))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_no_text_begins_a_formula_whichever_sign_separates(texts: list[str], dialect: Dialect) -> None:
    file = written(pl.DataFrame({"journey_id": texts}), dialect)
    cells = pl.read_csv(io.StringIO(file), separator=dialect.separator, infer_schema=False)["journey_id"]
    assert len(cells) == len(texts)
    for told, text in zip(cells.fill_null(""), texts, strict=True):
        parts = re.split("[;,]", told)
        assert [part for part in parts if FORMULA.match(part)] == [] and not re.search(r"[\t\r\n]", told)
        if not re.search(r"[;,=+\-@＝＋－＠]", text) and text.isprintable():
            assert told == text


def test_people_get_what_a_french_spreadsheet_opens_and_programs_what_libraries_read() -> None:
    at = datetime(2021, 3, 1, 7, 30, tzinfo=UTC)
    rows = pl.DataFrame({"id": ["Gex"], "lat": [46.204], "cents": [-150], "at": [at]})
    assert (
        written(rows, PEOPLE) == '\ufeff"id";"lat";"cents";"at"\n"Gex";46,204;-150;"2021-03-01T07:30:00Z"\n'
    )
    assert written(rows, PROGRAMS) == "id,lat,cents,at\nGex,46.204,-150,2021-03-01T07:30:00Z\n"


def test_an_operators_id_is_text_in_each_form_of_an_authoritys_journeys(tmp_path: Path) -> None:
    ids = ["=1+1", "{=1+1}", "+33", "@x", "http://x.fr", "<r><t>gras</r>", "</c>&", "\x01\ufffe"]
    at = datetime(2021, 3, 1, tzinfo=UTC)
    values = {pl.String: "x", pl.Int64: 1, pl.Float64: 46.2, pl.Datetime("us", "UTC"): at}
    schema = AUTHORITY_JOURNEYS.empty.schema
    rows = pl.DataFrame([{name: values[kind] for name, kind in schema.items()}] * len(ids), schema=schema)
    rows = rows.with_columns(pl.Series("journey_id", ids), pl.Series("operator_journey_id", ids))
    month, text = date(2021, 3, 1), legend("A", None, date(2021, 3, 1))
    for suffix, write in WRITERS.items():
        write(tmp_path / f"x.{suffix}", rows, text, month, "Trajets", AUTHORITY_JOURNEYS)
    assert pl.read_parquet(tmp_path / "x.parquet")["journey_id"].to_list() == ids
    sheet = openpyxl.load_workbook(tmp_path / "x.xlsx")["Trajets"]
    cells = [row[0] for row in sheet.iter_rows(min_row=3)]
    assert {cell.data_type for cell in cells} <= {"s", "inlineStr"} and not sheet._hyperlinks
    assert [cell.value for cell in cells][:-1] == ids[:-1]
    lines = pl.read_csv(tmp_path / "x.csv", separator=";", infer_schema=False)
    assert lines["journey_id"].to_list()[:4] == ["'=1+1", "{=1+1}", "'+33", "'@x"]


def test_one_module_writes_csv() -> None:
    """The sample's drops are what operators write; a proof's lines are hashed as they stand."""
    code = {
        str(file.relative_to(ROOT / "dagster_project")): file.read_text("utf-8")
        for file in (ROOT / "dagster_project").rglob("*.py")
    }
    writers = {name for name, text in code.items() if re.search(r"\.write_csv\(|csv\.(Dict)?[wW]riter", text)}
    assert writers == {"files/csv_out.py", "sample/drops.py"}
    sql = [
        file.read_text("utf-8")
        for folder in ("dbt", "dagster_project")
        for file in (ROOT / folder).rglob("*.sql")
    ]
    assert not [
        text for text in (*sql, *code.values()) if re.search(r"\bcopy\b[^;]*\bto\b[^;]*\bcsv\b", text, re.I)
    ]
