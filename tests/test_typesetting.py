"""Whatever name comes, the page is set: what no font draws is written by its code, and said."""

import io
import json
import re
from datetime import date
from pathlib import Path
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pypdf import PdfReader

from dagster_project.catalogue.decisions import Decisions
from dagster_project.contracts.layouts import V2_COLUMNS
from dagster_project.files import typesetting, yaml_files
from dagster_project.files.pdf_text import shown_texts
from dagster_project.reports.shared.letter import Facts, File, Letter, set_letter
from dagster_project.rights.access import answer
from dagster_project.rights.person import find, parse_request
from dagster_project.settings import settings
from tests.support.drop_rows import JSON_ROW, csv_of, take, v2

from .conftest import make_known, use

DAY = date(2021, 4, 1)
SAID = "y est écrit par son code Unicode"
NAMES = (
    "王小明",
    "Zoé 😀",
    "l\u2028a\u202eb",
    "Ж",
    "علي",
    "\ue000\ufffe",
    "e\u0301",
    "👨\u200d👩\u200d👧",
    "ไทย",
)


def letter(names: list[str], *files: File) -> str:
    """The words of a letter with these names in each of its places."""
    first, *_ = names
    pdf = set_letter(
        Letter(
            *(first, "1", first, first, "De", tuple(names[:2]), "À", (first,), first, DAY),
            blocks=(Facts(first, tuple((str(n), name) for n, name in enumerate(names))),),
            files=files,
        )
    )
    reader = PdfReader(io.BytesIO(pdf))
    assert {name: content[0].decode() for name, content in reader.attachments.items()} == {
        one.name: one.text for one in files
    }
    return "".join("".join(shown_texts(pdf)).split())


@pytest.mark.slow
@given(st.lists(st.sampled_from(NAMES) | st.text(min_size=1, max_size=20), min_size=150, max_size=150))
@hypothesis_settings(max_examples=4, deadline=None, derandomize=True)
def test_a_letter_is_set_whatever_the_names_and_says_every_sign_it_cannot_draw(names: list[str]) -> None:
    told = letter(names, File("exact.json", "application/json", "x", json.dumps(names, ensure_ascii=False)))
    signs = {sign for sign in "".join(names) if category(sign)[0] == "C"}
    assert [sign for sign in signs - {"\n"} if f"[U+{ord(sign):04X}]" not in told] == []
    assert ("".join(SAID.split()) in told) == bool(
        re.search(r"\[U\+[0-9A-F]{4,6}\]", told.split("Unsigneque")[0])
    )


def test_what_the_fonts_draw_stays_as_it_is_and_the_rest_is_one_code_a_sign() -> None:
    latin = "".join(chr(code) for code in (*range(0x20, 0x7F), *range(0xA0, 0x100)) if code != 0xAD)
    for text in (latin, "Ж ’→ᵉʳ − … « Œuvre »", "e\u0301"):
        shown, is_coded = typesetting.drawable([text])
        assert not is_coded and len(shown[0]) <= len(text)
    assert typesetting.drawable({"a": ["王", 1, None]}) == ({"a": ["[U+738B]", 1, None]}, True)
    assert SAID.replace(" ", "") not in letter(["Élise"]) and SAID.replace(" ", "") in letter(["王"])


def test_signs_that_cannot_be_drawn_together_are_written_by_their_codes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(typesetting, "_lacking", lambda signs: frozenset())
    assert "[U+738B]" in letter(["王小明"])


@pytest.mark.slow
def test_a_person_of_any_name_gets_an_answer_with_the_name_exact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENTREPOT_IDENTITY_KEY", "00" * 32)
    known = make_known(frozenset({"karavane"}), 1 << 20)
    phone, name = "+33639980001", "王\x01😀\u202e"
    row = v2(driver__identity__phone=phone, driver__identity__lastname=name)
    take(csv_of([row], V2_COLUMNS, ";").encode(), tmp_path, known, "v2.csv")
    driver = {"identity": {"phone": phone, "operator_user_id": name}, "revenue": 1}
    nested = JSON_ROW | {"operator_journey_id": "J", "driver": driver}
    take(json.dumps(nested).encode(), tmp_path, known, "v3.jsonl")
    lake = use(tmp_path)
    person = find(lake, parse_request(f"telephone: {phone}")[0])
    folder = answer(lake, person, DAY)
    settings.cache_clear()
    told = json.loads((folder / "acces.json").read_text("utf-8"))["identites"]
    assert [one.get("nom", one.get("identifiant chez l’opérateur")) for one in told] == [name, name]
    words = "".join(shown_texts((folder / "acces.pdf").read_bytes()))
    assert words.count("[U+738B][U+0001][U+1F600][U+202E]") == 2 and SAID in " ".join(words.split())


def test_one_module_asks_typst() -> None:
    folder = Path(typesetting.__file__).parent
    asking = {
        file.name
        for file in folder.rglob("*.py")
        if re.search(r"^\s*(import|from) typst", file.read_text(), re.M)
    }
    assert asking == {"typesetting.py"}


def test_a_control_character_in_the_catalogue_is_told_at_its_line(tmp_path: Path) -> None:
    file = tmp_path / "x.yml"
    file.write_text('decisions:\n  - raison: "a\\x01b"\n')
    found, faults = yaml_files.read(file, Decisions)
    told = "signe de contrôle, que ni une facture ni un tableau ne portent ; le retirer"
    assert found is None and faults == [f"{file}:2: decisions.0.raison : {told}"]
