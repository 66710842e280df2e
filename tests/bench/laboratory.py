"""`python -m tests.bench.laboratory`: what-if and statements of changes over a year of one large campaign.

The sample's operators and authority, a million journeys in the ten months of the house's campaign under a
pot that holds them all, loaded and evaluated as a night does. Then each command in a process of its own, as
a user starts it: two variants with an assumption; a statement for a change of each kind. Acceptance rules
changed so in 2024; tariff and territory as real conventions amended them, La Rochelle's and the Mont-Blanc's
of 2023; of a fraud threshold no change is known that was made, so it is a draft. The statements go to
`docs/constats`, table and machine to `docs/bench_laboratory.md`; `--keep` leaves the world where it is, and
takes one that is there.
"""

import argparse
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb

from dagster_project.sample import Spec, generate, write
from dagster_project.settings import PROJECT

PAGE = PROJECT / "docs" / "bench_laboratory.md"
STATEMENTS = PROJECT / "docs" / "constats"
LAST_DAY, NIGHT = date(2021, 12, 31), date(2022, 1, 5)
# Amendments of real conventions, on the sample's operators, roads and year.
_REAL = {"tariff": "larochelle_2023", "territory": "atmb_2023"}
_OPERATORS = "operateurs:\n  - {du: 2021-01-01, liste: [alpimob, covoit_leman, karavane, troisplaces]}\n"


def catalogue(root: Path) -> None:
    """The house's files with a pot of 12 M€; drafts of a variant, an assumption and a change of each kind."""
    shutil.copytree(PROJECT / "data", root)
    file = root / "campaigns/pmgf_2021.yml"
    text = file.read_text("utf-8").replace("euros: 12000\n", "euros: 12000000\n")
    file.write_text(text, "utf-8")
    drafts = root.parent / "drafts"
    for name in ("tariff", "territory"):
        (drafts / name).mkdir(parents=True)
    (drafts / "pmgf_150.yml").write_text(text.replace("centimes: 200}", "centimes: 150}"), "utf-8")
    (drafts / "assumption.yml").write_text(
        "variante: pmgf_150.yml\npourcent_par_euro: 12.5\nsource: Essai, sans étude\n"
        "lien: https://etudes.example/covoiturage\n",
        "utf-8",
    )
    for kind, name in _REAL.items():
        real = (PROJECT / f"tests/campaigns/{name}.yml").read_text("utf-8").replace("2023-", "2021-")
        for before, after in (
            (r"operateurs:\n(?:  .*\n)+", _OPERATORS),
            ("autorite: .*", "autorite: pmgf"),
            ("euros: 100000}", "euros: 12000000}"),
        ):
            real, count = re.subn(before, after, real)
            assert count == 1, (name, before)
        (drafts / kind / f"{name}.yml").write_text(real, "utf-8")
    speed = '  - {du: 2022-06-01, ecarte: true, km_h: 90, source: "essai"}\n# De l\'arrivée'
    frauds = (root / "rules/fraud.yml").read_text("utf-8")
    (drafts / "fraud.yml").write_text(frauds.replace("# De l'arrivée", speed), "utf-8")


def load(folder: Path, journeys: int) -> None:
    """A base of a year, evaluated; nothing is closed or drawn."""
    home = folder / "home"
    home.mkdir(mode=0o700, parents=True)
    catalogue(folder / "catalogue")
    spec = replace(Spec(), journeys=journeys, last_day=LAST_DAY, nights=11)
    write(generate(spec, PROJECT / "data/reference")[0], home / "drops")
    command = [sys.executable, "-m", "tests.bench.laboratory", "--load", str(folder)]
    subprocess.run(command, cwd=PROJECT, env=_environment(folder), check=True)


def _evaluated() -> None:
    from dagster_project.lake.store import Lake
    from dagster_project.warehouse import cache
    from tests.bench.country import night

    night(NIGHT, loads=True)
    cache.build(Lake(), NIGHT)


def _environment(folder: Path) -> dict[str, str]:
    return os.environ | {
        "ENTREPOT_HOME": str(folder / "home"),
        "ENTREPOT_CATALOGUE": str(folder / "catalogue"),
        "ENTREPOT_SETTLE_S": "0",
    }


def commands(folder: Path) -> Iterator[tuple[str, list[str], str]]:
    """What is measured, with its arguments; of a statement, its name in docs/constats."""
    known, drafts = folder / "catalogue/campaigns/pmgf_2021.yml", folder / "drafts"
    simulate = ["simulate", "--campaign", str(known), "--compare", str(drafts / "pmgf_150.yml")]
    assumed = ["--assumption", str(drafts / "assumption.yml"), "--page", str(folder / "annex")]
    yield "two variants, with an assumption", [*simulate, *assumed], ""
    for name, file, day, kept in (
        ("a tariff", drafts / "tariff/larochelle_2023.yml", "2021-05-01", "tarif"),
        ("a territory", drafts / "territory/atmb_2023.yml", "2021-12-18", "territoire"),
        ("a fraud threshold", drafts / "fraud.yml", "2022-06-01", "seuil_de_fraude"),
        ("acceptance rules", folder / "catalogue/rules/acceptance.yml", "2024-01-01", "acceptation"),
    ):
        yield f"statement of {name}", ["rule-statement", str(file), "--from", day], kept


def measured(folder: Path, arguments: list[str]) -> tuple[float, float, float]:
    """Wall and processor seconds and peak memory in GB of a command, in a process of its own."""
    for file in (folder / "catalogue").glob("*/statements/*.yml"):
        file.unlink()
    start = time.perf_counter()
    program = [sys.executable, "-m", "dagster_project.cli.main", *arguments]
    running = subprocess.Popen(program, cwd=PROJECT, env=_environment(folder), stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(running.pid, 0)
    wall = time.perf_counter() - start
    if status:
        raise SystemExit(f"{' '.join(arguments)} failed")
    unit = 1 << 30 if sys.platform == "darwin" else 1 << 20
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss / unit


def main() -> None:
    """Make the world, or take one that is there; measure each command; write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--journeys", type=int, default=1_000_000)
    parser.add_argument("--keep", type=Path, help="a folder for the world; it stays")
    parser.add_argument("--beside", default="nothing", help="what else the machine did, in words")
    parser.add_argument("--load", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.load:
        _evaluated()
        return
    folder = options.keep or Path(tempfile.mkdtemp(prefix="entrepot-bench-"))
    if not (folder / "home/warehouse/entrepot.duckdb").exists():
        load(folder, options.journeys)
    lines = [
        f"# What-if and statements over a year: {options.journeys:,} journeys of one campaign",
        "",
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, DuckDB "
        f"{duckdb.__version__}, {date.today():%Y-%m-%d}. Beside it ran: {options.beside}.",
        "",
        *(__doc__ or "").splitlines()[2:],
        "",
        "| command | wall s | processor s | peak GB |",
        "| --- | --- | --- | --- |",
    ]
    STATEMENTS.mkdir(exist_ok=True)
    for name, arguments, kept in commands(folder):
        wall, processor, peak = measured(folder, arguments)
        lines.append(f"| {name} | {wall:.1f} | {processor:.1f} | {peak:.2f} |")
        print(lines[-1], flush=True)
        for file in (folder / "catalogue").glob("*/statements/*.yml"):
            shutil.copy(file, STATEMENTS / f"{kept}.yml")
    PAGE.write_text("\n".join(lines) + "\n", "utf-8")
    if not options.keep:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
