"""Closed money that is rewritten, here or in what was sent out, is found: by night, command and hand."""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from click.testing import CliRunner

from dagster_project.cli.main import main
from dagster_project.contracts.advances import ADVANCES
from dagster_project.contracts.ledger import (
    CALL_RECEIPTS,
    CAMPAIGN_CAP_USES,
    CHECKPOINTS,
    CLOSING_TERMS,
    CLOSINGS,
    LEDGER_ENTRIES,
    RECORDS,
    part_of,
)
from dagster_project.defs.exports import publish_fund_calls
from dagster_project.defs.ledger import close_periods
from dagster_project.defs.resources import Night
from dagster_project.lake.store import Lake
from dagster_project.ledger import chain, checkpoints
from dagster_project.proof import witness
from dagster_project.reports.shared.registry_folder import write_registry_files
from dagster_project.reports.shared.signatory import Signatory
from dagster_project.runner import night
from dagster_project.settings import PROJECT
from tests.support.closed_ledger import copied, published

VERIFIER = PROJECT / "tools" / "verify_call.py"


@pytest.fixture
def copy(house: Lake, tmp_path: Path) -> Lake:
    return copied(house, tmp_path / "home")


def _sums(entries: pl.DataFrame) -> dict[str, int]:
    return {name: int(entries[name].sum()) for name in chain.AMOUNTS}


def _rewrite(lake: Lake, number: int, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    """Change the entries of a closing and make the keyless chain anew, as anybody can."""
    entries = change(lake.read(LEDGER_ENTRIES, part_of(number)))
    lake.write(LEDGER_ENTRIES, entries, part_of(number))
    previous = ""
    for at in range(1, lake.read(CLOSINGS).height + 1):
        row = lake.read(CLOSINGS, part_of(at))
        row = row.with_columns(pl.lit(previous).alias("previous_sha256"))
        if at == number:
            hashed = pl.lit(chain.entries_hash(entries)).alias("entries_sha256")
            row = row.with_columns(
                hashed, **{name: pl.lit(one, pl.Int64) for name, one in _sums(entries).items()}
            )
        row = row.with_columns(pl.lit(chain.closing_hash(row)).alias("closing_sha256"))
        lake.write(CLOSINGS, row.select(CLOSINGS.columns.keys()), part_of(at))
        previous = row["closing_sha256"][0]
    assert list(chain.problems(lake)) == []  # the keyless chain sees nothing


def _paying(lake: Lake) -> tuple[int, list[str]]:
    """A closing that pays several operators, and who they are."""
    paid = lake.read(LEDGER_ENTRIES).filter(pl.col("incentive_cents") > 200, movement="entry")
    number = paid["closing_number"].min()
    return int(number), paid.filter(closing_number=number)["operator_id"].unique().sort().to_list()


def move_fifty_cents(lake: Lake) -> None:
    number, (poorer, richer, *_) = _paying(lake)

    def change(entries: pl.DataFrame) -> pl.DataFrame:
        paid = (pl.col("incentive_cents") > 200) & (pl.col("movement") == "entry")
        nth = paid.cast(pl.Int64).cum_sum().over("operator_id")
        moved = pl.when(paid & (nth <= 40)).then(
            pl.when(operator_id=poorer).then(-50).when(operator_id=richer).then(50).otherwise(0)
        )
        return entries.with_columns(pl.col("incentive_cents") + moved.otherwise(0))

    _rewrite(lake, number, change)


def raise_one_entry(lake: Lake) -> None:
    number, (operator, *_) = _paying(lake)
    first = (pl.col("operator_id") == operator) & (pl.col("operator_id").cum_count().over("operator_id") == 1)
    more = pl.when(first).then(10_000_000).otherwise(0)
    _rewrite(
        lake, number, lambda entries: entries.with_columns(pl.col("incentive_cents") + more.cast(pl.Int64))
    )


def delete_the_last_closing(lake: Lake) -> None:
    last = part_of(lake.read(CLOSINGS).height)
    for table in (CLOSINGS, LEDGER_ENTRIES, CHECKPOINTS):
        (lake.folder(table) / f"{last}.parquet").unlink()
    assert list(chain.problems(lake)) == []


def swap_an_issued_call(lake: Lake) -> None:
    pdf = sorted(lake.exports.glob("*/*_*/APDF*.pdf"))[0]
    manifest = pdf.with_name("manifest.json")
    before = hashlib.sha256(pdf.read_bytes()).hexdigest()
    pdf.write_bytes(pdf.read_bytes().replace(b"(Registre", b"(Regiztre", 1))
    after = hashlib.sha256(pdf.read_bytes()).hexdigest()
    manifest.write_text(manifest.read_text("utf-8").replace(before, after), "utf-8")


def add_a_closing(lake: Lake) -> None:
    """One that nobody signed: the last again, under the next number."""
    last = lake.read(CLOSINGS).height
    entries = lake.read(LEDGER_ENTRIES, part_of(last)).with_columns(closing_number=pl.lit(last + 1, pl.Int64))
    row = lake.read(CLOSINGS, part_of(last)).with_columns(
        pl.lit(last + 1, pl.Int64).alias("closing_number"),
        pl.lit(chain.entries_hash(entries)).alias("entries_sha256"),
        pl.col("closing_sha256").alias("previous_sha256"),
    )
    lake.write(LEDGER_ENTRIES, entries, part_of(last + 1))
    row = row.with_columns(pl.lit(chain.closing_hash(row)).alias("closing_sha256"))
    lake.write(CLOSINGS, row, part_of(last + 1))


def move_an_advance(lake: Lake) -> None:
    (file, *_) = sorted(lake.folder(ADVANCES).glob("*.parquet"))
    rows = pl.read_parquet(file)
    moved = pl.Series("opening_cents", [10_000, -10_000, *[0] * (rows.height - 2)])
    lake.write(ADVANCES, rows.with_columns(rows["opening_cents"] + moved), file.stem)


def change_the_terms_of_a_closing(lake: Lake) -> None:
    rows = lake.read(CLOSING_TERMS, part_of(1))
    lake.write(CLOSING_TERMS, rows.with_columns(pl.col("vat_basis_points") + 1), part_of(1))


def delete_a_receipt(lake: Lake) -> None:
    sorted(lake.folder(CALL_RECEIPTS).glob("*.parquet"))[0].unlink()


def delete_the_last_record(lake: Lake) -> None:
    sorted(lake.folder(RECORDS).glob("*.parquet"))[-1].unlink()


def add_an_advance(lake: Lake) -> None:
    (file, *_) = sorted(lake.folder(ADVANCES).glob("*.parquet"))
    shutil.copyfile(file, file.with_name("decided-999999-0.parquet"))


def say_that_a_closing_used_a_cap(lake: Lake) -> None:
    """Of its whole campaign: what the next call has left of it would be less."""
    used = dict.fromkeys(("closing_number", "entry_number", "position"), 1) | {
        "cap_id": "campagne",
        "whose_key": "",
        "window_on": date.min,
        **dict.fromkeys(("counted", "counter_before", "cents_before", "cents_after"), 1_000),
    }
    lake.write(CAMPAIGN_CAP_USES, pl.DataFrame([used], schema=CAMPAIGN_CAP_USES.empty.schema), part_of(1))


def add_entries_beside(lake: Lake) -> None:
    (file, *_) = sorted(lake.folder(LEDGER_ENTRIES).glob("*.parquet"))
    shutil.copyfile(file, file.with_name("closing-999999-0.parquet"))


BESIDE_CLOSINGS = (
    *(move_an_advance, add_an_advance, change_the_terms_of_a_closing, delete_a_receipt),
    *(delete_the_last_record, say_that_a_closing_used_a_cap, add_entries_beside),
)
OF_THE_LEDGER = (move_fifty_cents, raise_one_entry, delete_the_last_closing)
MANIPULATIONS = (*OF_THE_LEDGER, swap_an_issued_call)


def _night(lake: Lake) -> bool:
    with dg.DagsterInstance.ephemeral() as instance:
        return dg.materialize(
            [close_periods], instance=instance, resources={"night": Night()}, raise_on_error=False
        ).success


def _verify(*arguments: Path | str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-I", str(VERIFIER), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_what_is_as_it_was_is_so_for_the_command_the_night_and_whoever_checks_by_hand(
    house: Lake, copy: Lake
) -> None:
    found = CliRunner().invoke(main, ["ledger", "verify"])
    assert found.exit_code == 0 and "as they were closed" in found.output, found.output
    assert published(copy).forged == []
    assert len(VERIFIER.read_text("utf-8").splitlines()) <= 200
    authority = (copy.exports / "pmgf" / "registre").parent
    by_hand = _verify(authority, "--kept", authority)
    assert by_hand.returncode == 0 and "Tout concorde" in by_hand.stdout, by_hand.stdout + by_hand.stderr
    assert "total_centimes : " in by_hand.stdout
    (pdf, *_) = sorted(copy.exports.glob("*/*_*/APDF*.pdf"))
    attested = CliRunner().invoke(main, ["attest", "verify", str(pdf)])
    assert attested.exit_code == 0 and "authentique" in attested.output, attested.output
    assert "Total de l’appel de fonds : " in attested.output
    seen = "".join(f"{line}\n" for line in witness.read(witness.file(copy)))
    handed = [house.drops / "karavane/feedback/registre_points_de_controle.jsonl"]
    handed += copy.exports.glob("*/registre/points_de_controle.jsonl")
    assert [file.read_text("utf-8") for file in handed] == [seen] * 3  # operator, authority, public


@pytest.mark.parametrize("manipulate", BESIDE_CLOSINGS)
def test_what_is_decided_once_beside_closings_is_held_too(
    copy: Lake, manipulate: Callable[[Lake], None]
) -> None:
    manipulate(copy)
    found = CliRunner().invoke(main, ["ledger", "verify"])
    assert found.exit_code == 1, found.output
    assert not _night(copy)


@pytest.mark.parametrize("manipulate", [*MANIPULATIONS, add_a_closing])
def test_each_manipulation_is_found_by_the_night_and_by_the_command(
    copy: Lake, manipulate: Callable[[Lake], None]
) -> None:
    manipulate(copy)
    before = {file: file.read_bytes() for file in copy.exports.rglob("*") if file.is_file()}
    found = CliRunner().invoke(main, ["ledger", "verify"])
    assert found.exit_code == 1, found.output
    if manipulate is not swap_an_issued_call:
        assert not _night(copy)
        last = sorted(copy.exports.glob("*/*_*/APDF*.pdf"))[-1]
        told = CliRunner().invoke(main, ["attest", "verify", str(last)])
        assert ("authentique" in told.output) == (manipulate is add_a_closing), told.output
    else:
        (forged,) = published(copy).forged
        assert "is not as the registry signed it" in forged
        folder = sorted(copy.exports.glob("*/*_*/APDF*.pdf"))[0].parent
        assert {file: file.read_bytes() for file in folder.iterdir()} == {
            file: content for file, content in before.items() if file.parent == folder
        }


def test_what_no_signed_manifest_lists_is_told_by_the_command(copy: Lake) -> None:
    """Without its manifest a folder is as issued by nobody; a file beside it, too."""
    (pdf, *_) = sorted(copy.exports.glob("*/*_*/APDF*.pdf"))
    beside = pdf.with_name("APDF_2021-T9_pmgf_2021_karavane_09_1_1_999999.pdf")
    points = (copy.exports / "pmgf" / "registre") / "points_de_controle.jsonl"
    shutil.copyfile(pdf, beside)
    points.write_text(points.read_text("utf-8").splitlines()[0] + "\n", "utf-8")
    found = CliRunner().invoke(main, ["ledger", "verify"])
    assert found.exit_code == 1, found.output
    assert f"{beside.name} is in no manifest" in found.output and pdf.name not in found.output
    assert "registre/points_de_controle.jsonl is not what the registry hands out" in found.output
    pdf.with_name("manifest.json").unlink()
    assert f"{pdf.name} is in no manifest" in CliRunner().invoke(main, ["ledger", "verify"]).output
    assert published(copy).forged == []
    assert CliRunner().invoke(main, ["ledger", "verify"]).exit_code == 0


def test_a_night_whose_checks_find_a_forgery_is_not_green(
    copy: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    swap_an_issued_call(copy)
    job = dg.Definitions(
        assets=[publish_fund_calls], resources={"night": Night()}, jobs=[dg.define_asset_job("one")]
    ).resolve_job_def("one")

    def of_one_step(day: date, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
        return job.execute_in_process(partition_key=day.isoformat(), instance=instance, raise_on_error=False)

    monkeypatch.setattr(night, "execute_night", of_one_step)
    ended = CliRunner().invoke(main, ["nightly", "--date", "2021-08-01"])
    assert ended.exit_code == 1 and "is not as the registry signed it" in ended.output, ended.output
    assert not night.run_night(date(2021, 8, 1)).failures  # every step was done nevertheless


def _signed_again(lake: Lake) -> None:
    """What somebody does who has the key and the witness: all checkpoints anew, upon a rewritten ledger."""
    shutil.rmtree(lake.folder(CHECKPOINTS))
    witness.file(lake).unlink()
    checkpoints.complete(lake)
    for folder in lake.exports.glob("*/registre"):
        write_registry_files(folder, Signatory(lake))


@pytest.mark.parametrize("manipulate", MANIPULATIONS)
def test_a_kept_folder_finds_each_manipulation_even_of_somebody_who_has_the_key(
    copy: Lake, tmp_path: Path, manipulate: Callable[[Lake], None]
) -> None:
    authority = (copy.exports / "pmgf" / "registre").parent
    kept = tmp_path / "kept"
    shutil.copytree(authority, kept, ignore=shutil.ignore_patterns("trajets"))
    manipulate(copy)
    if manipulate in OF_THE_LEDGER:
        _signed_again(copy)
        expected = "a été réécrite ou supprimée : son point gardé est un autre"
    else:
        for manifest in authority.glob("*/manifest.json"):
            content = json.loads(manifest.read_text("utf-8"))
            del content["signature"]
            manifest.write_text(Signatory(copy).manifest(content, manifest.parent), "utf-8")
        expected = "ce n’est plus le document qui a été gardé"
    found = _verify(authority, "--kept", kept)
    assert found.returncode == 1 and expected in found.stdout, found.stdout + found.stderr


def test_lines_that_were_changed_and_a_proof_of_another_are_told_by_hand(copy: Lake, tmp_path: Path) -> None:
    authority = (copy.exports / "pmgf" / "registre").parent
    (lines, *_) = (one for one in sorted(authority.glob("*/*.lignes.csv")) if one.read_text().count("\n") > 2)
    header, first, *rest = lines.read_text("utf-8").splitlines()
    cells = first.split(";")
    cells[3] = str(int(cells[3]) + 1)
    lines.write_text("\n".join((header, ";".join(cells), *rest, "")), "utf-8")
    found = _verify(authority)
    assert found.returncode == 1
    assert "ne sont pas celles qu’elle a closes" in found.stdout
    assert "n’est pas le fichier que son manifeste nomme" in found.stdout
    kept = tmp_path / "kept"
    shutil.copytree(authority, kept)
    lines.write_text(header + "\n", "utf-8")
    for manifest in authority.glob("*/manifest.json"):
        manifest.unlink()
    assert "ne sont pas celles qu’elle a closes" in _verify(authority).stdout
    lines.unlink()
    (kept / lines.relative_to(authority)).unlink()
    assert "Tout concorde" in _verify(authority).stdout
    pdf = lines.with_name(lines.name.replace(".lignes.csv", ".pdf"))
    pdf.write_bytes(b"%PDF-1.7, and no attestation")
    assert "aucun PDF reçu n’est plus cet appel" in _verify(authority, "--kept", kept).stdout
