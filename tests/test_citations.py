"""Every citation leads somewhere: an article to docs/textes.md, a number to a decision, a link to a heading.

So a reader of one line of code reaches its reason, and no line names a document that this repository does
not hold.
"""

import re
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path

from dagster_project.settings import PROJECT

_FOLDERS = {
    "dagster_project": ("py", "sql", "typ", "toml"),
    "dbt": ("sql", "yml"),
    "data": ("yml",),
    "docs": ("md",),
    "tests": ("py",),
    "tools": ("py",),
}
_NUMBERS = r"(\d+(?:\.\d+)?(?:(?: ?, ?| and | et | à | to )\d+(?:\.\d+)?)*)(?![\d.]*\d)"
_KIND = r"(articles?|art\.|annexes?|étapes?)"
_NAMED = re.compile(rf"\b(JURIDIQUE|CONVENTION|REJOINDRE|RGPD|LOM),? (?:{_KIND} )?{_NUMBERS}")
_BARE = re.compile(rf"(?<!\w){_KIND} {_NUMBERS}", re.I)
_DECISION = re.compile(r"\bD-\d+\b")
_LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s]*?)(?:#([^)\s]+))?\)")
_FILE = re.compile(r"(?<![\w./])((?:[\w-]+/|\.\./)*[\w-]+\.md)\b(?:#([\w-]+))?")
# Notes of those who build, which stay with them: "design 4.5", "see campaigns 2".
_MODULE = re.compile(r"(?<![\w./{}-])((?:[\w-]+/)*\w+\.(?:py|typ))\b|(?<![\w.])contracts\.(\w+)")
_ELSEWHERE = re.compile(r"Not here: (.*?)(?: Why: |\"\"\")")
_OF_THE_HOME = {"data/home/drops/"}  # what runs make, where no other home is set
# Beside documents, under a French name.
_HANDED_OUT = {"LISEZMOI.md", "registre_LISEZMOI.md", "verifier_un_appel.py", "registre/verifier_un_appel.py"}
_ABSENT = re.compile(r"\b(?:design|campaigns|domain|stack|style|seeds?)(?:\.md)? §?\d+(?:\.\d+)?\b|\bseeds/")


@cache
def _files() -> dict[Path, str]:
    paths = chain(
        PROJECT.glob("*.md"),
        (PROJECT / "dbt/dbt_project.yml", PROJECT / "pyproject.toml", PROJECT / "Makefile"),
        *((PROJECT / folder).rglob(f"*.{end}") for folder, ends in _FOLDERS.items() for end in ends),
    )
    made = [PROJECT / folder for folder in ("dbt/target", "dbt/logs", "tests/vectors", "data/home")]
    return {
        path: path.read_text()
        for path in sorted(set(paths))
        if path != Path(__file__) and not any(path.is_relative_to(folder) for folder in made)
    }


def _flat(text: str) -> str:
    """One line: a citation may be broken by a line's end and the next one's comment mark."""
    return re.sub(r'(?:["\'] *)?\s*\n[\s#*>]*(?:--)?[ ]*(?:f?["\'])?', " ", text).replace("\xa0", " ")


def _kind(word: str) -> str:
    return {"ar": "article", "an": "annexe", "ét": "étape"}[word.lower()[:2]]


def _each(numbers: str) -> Iterator[str]:
    """The numbers of "6.1, 8.3 et 9"; those between, of "12 à 19"."""
    for part in re.split(r" ?, ?| and | et ", numbers):
        first, *last = re.split(r" à | to ", part)
        yield from map(str, range(int(first), int(last[0]) + 1)) if last else [first]


@cache
def _articles() -> set[tuple[str, str, str]]:
    """(text, kind, number) of each heading of docs/textes.md; of other laws also those in its table."""
    text = (PROJECT / "docs/textes.md").read_text()
    headings = "\n".join(re.findall(r"^### (.*)$", text, re.M))
    named = {
        (name, _kind(kind or "article"), number)
        for name, kind, numbers in _NAMED.findall(headings)
        for number in _each(numbers)
    }
    others = text[text.index("## Autres textes") :]
    return named | {("", _kind(k), one) for k, numbers in _BARE.findall(others) for one in _each(numbers)}


def _page(path: Path) -> set[str]:
    """The anchors that GitHub gives a page's headings."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(), re.M)
    shown = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in headings)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in shown}


@cache
def _decisions() -> dict[str, tuple[str, str]]:
    """Page and text of each decision, by number."""
    found: dict[str, tuple[str, str]] = {}
    for page in sorted((PROJECT / "docs/decisions").glob("[0-9]*.md")):
        for section in page.read_text().split("\n## ")[1:]:
            number, _, text = section.partition("\n")
            assert number not in found, f"{page.name}: {number} serves twice"
            found[number] = (page.name, text)
    return found


def test_an_article_that_is_cited_is_in_textes() -> None:
    lost = []
    for path, text in _files().items():
        flat = _flat(text)
        for name, kind, numbers in _NAMED.findall(flat):
            cited = {(name, _kind(kind or "article"), number) for number in _each(numbers)}
            lost += [f"{path.relative_to(PROJECT)}: {' '.join(one)}" for one in cited - _articles()]
        # A test's campaigns have conventions of their own.
        bare = [] if path.is_relative_to(PROJECT / "tests") else _BARE.findall(flat)
        known = {(kind, number) for _, kind, number in _articles()}
        for kind, numbers in bare:
            cited = {(_kind(kind), number) for number in _each(numbers)}
            lost += [f"{path.relative_to(PROJECT)}: {' '.join(one)}" for one in cited - known]
    assert not lost, "Cited, and not a heading of docs/textes.md:\n" + "\n".join(lost)


def test_a_decision_that_is_cited_is_there() -> None:
    lost = [
        f"{path.relative_to(PROJECT)}: {number}"
        for path, text in _files().items()
        for number in _DECISION.findall(text)
        if number not in _decisions()
    ]
    assert not lost, "Cited, and in no page of docs/decisions/:\n" + "\n".join(lost)


def test_a_decision_says_rule_reason_and_cost_and_stands_in_the_index() -> None:
    index = (PROJECT / "docs/decisions/README.md").read_text().splitlines()
    expected = []
    for number, (page, text) in _decisions().items():
        rule = re.search(r"^\*\*(.+?)\*\*$", text, re.M | re.S)
        assert rule and "\n- Why: " in text and "\n- Cost: " in text, f"{page}, {number}: rule, Why, Cost"
        expected.append(f"- [{number}]({page}#{number.lower()}) {' '.join(rule[1].split())}")
    told = [line for line in index if line.startswith("- [D-")]
    assert told == expected, "docs/decisions/README.md: a line per decision, in the order of the pages"


def test_a_page_that_is_cited_is_there_with_its_heading() -> None:
    lost = []
    for path, text in _files().items():
        links = []
        if path.suffix == ".md":
            linked = _LINK.findall(text)
            links += [(path.parent / target if target else path, anchor) for target, anchor in linked]
        for target, anchor in _FILE.findall(text):
            places = (path.parent, PROJECT, PROJECT / "docs")
            here = [place / target for place in places if (place / target).exists()]
            links.append((here[0] if here else PROJECT / target, anchor))
        for target, anchor in links:
            if target.name in _HANDED_OUT:
                continue
            if not target.exists() or (anchor and anchor not in _page(target)):
                lost.append(f"{path.relative_to(PROJECT)}: {target.name} {anchor}")
    assert not lost, "Linked, and not there:\n" + "\n".join(lost)


def test_a_module_that_is_named_is_there() -> None:
    folders = ("dagster_project", "dbt", "data", "tests", "tools")
    code = [path for folder in folders for path in (PROJECT / folder).rglob("*.*")]
    here = [f"/{path.relative_to(PROJECT).as_posix()}" for path in code if path.suffix in (".py", ".typ")]
    rooms = {part.removesuffix(".py") for path in here for part in path.split("/")}
    lost = []
    for path, text in _files().items():
        if path.is_relative_to(PROJECT / "tests"):
            continue
        named = {file or f"contracts/{contract}.py" for file, contract in _MODULE.findall(text)} - _HANDED_OUT
        missing = [name for name in sorted(named) if not any(one.endswith(f"/{name}") for one in here)]
        for others in _ELSEWHERE.findall(_flat(text)):
            words = ", ".join(re.findall(r"\(((?:[\w./]+(?:, )?)+)\)", others)).split(", ")
            places = (PROJECT, PROJECT / "dagster_project")
            known = (
                name.rpartition(".")[2] in rooms or any((place / name).exists() for place in places)
                for name in words
            )
            missing += [name for name, is_known in zip(words, known, strict=True) if not is_known]
        lost += [f"{path.relative_to(PROJECT)}: {name}" for name in missing]
    assert not lost, "Named, and not there:\n" + "\n".join(lost)


def test_no_document_that_is_not_here_is_cited() -> None:
    absent = [
        f"{path.relative_to(PROJECT)}: {found}"
        for path, text in _files().items()
        for found in _ABSENT.findall(_flat(text))
    ]
    assert not absent, "Say it here, or cite a decision or an article:\n" + "\n".join(absent)


def test_what_these_pages_name_in_the_project_is_there() -> None:
    models = {
        path.stem for folder in ("models", "tests") for path in (PROJECT / "dbt" / folder).rglob("*.sql")
    }
    pages = [
        *(PROJECT / "docs/decisions").glob("*.md"),
        *(PROJECT / "docs" / name for name in ("textes.md", "architecture.md", "glossary.md")),
        *(PROJECT / name for name in ("README.md", "CONTRIBUTING.md", "THREAT_MODEL.md")),
    ]
    lost = []
    for page in pages:
        text = page.read_text()
        lost += [name for name in re.findall(r"`((?:int|stg|assert)_\w+)`", text) if name not in models]
        paths = re.findall(
            r"`((?:dbt|data|dagster_project|docs|tools|tests|deploy)/[\w./]+)(?:::(\w+))?`", text
        )
        lost += [path for path, _ in paths if not (PROJECT / path).exists() and path not in _OF_THE_HOME]
        tests = [(path, name) for path, name in paths if name]
        lost += [name for path, name in tests if f"def {name}(" not in (PROJECT / path).read_text()]
    assert not lost, f"Named in docs/, and not there: {sorted(set(lost))}"
