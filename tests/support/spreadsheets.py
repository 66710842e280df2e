"""Workbooks as LibreOffice computes them: what the tests of every document share."""

import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]
import pytest

ALWAYS_RECALCULATE = """<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse">
<value>0</value></prop></item></oor:items>"""


def replay(path: Path, folder: Path) -> tuple[Path, int]:
    """Recalculate a workbook: every formula gives its cached value. Returns it and their number."""
    computed, compared = _recalculated(path, folder), 0
    written, shown = (openpyxl.load_workbook(file, data_only=True) for file in (path, computed))
    for sheet in openpyxl.load_workbook(path):
        for cell in (cell for row in sheet.iter_rows() for cell in row):
            value = shown[sheet.title][cell.coordinate].value
            assert not str(value).startswith(("#", "Err:")), (cell, value)
            if cell.data_type == "f":
                compared += 1
                assert value == written[sheet.title][cell.coordinate].value, cell
    return computed, compared


def _recalculated(path: Path, folder: Path) -> Path:
    """The workbook as LibreOffice computes it, its cached results spoilt first so that none can pass."""
    if shutil.which("soffice") is None:
        missing = "LibreOffice (soffice) is not installed: the formulas are not recalculated"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)
    profile = folder / "profile" / "user"
    profile.mkdir(parents=True)
    (profile / "registrymodifications.xcu").write_text(ALWAYS_RECALCULATE, encoding="utf-8")
    spoilt, out = folder / "spoilt.xlsx", folder / "recalculated"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(spoilt, "w") as target:
        for member in source.namelist():
            target.writestr(member, re.sub(rb"</f><v>[^<]*<", b"</f><v>-987654<", source.read(member)))
    subprocess.run(
        ["soffice", f"-env:UserInstallation={profile.parent.as_uri()}", "--headless", "--convert-to", "xlsx",
         "--outdir", str(out), str(spoilt)],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    return out / "spoilt.xlsx"
