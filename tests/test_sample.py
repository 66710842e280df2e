"""The sample keeps its word: same bytes for the same spec, and a truth that fits every line."""

import gzip
import hashlib
import io
import os
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
import shapely

from dagster_project.contracts.layouts import V2, V3
from dagster_project.contracts.rejection_codes import FILE_RULES, RULES
from dagster_project.sample import Drop, Spec, faulty_files, generate, write
from dagster_project.sample.row_faults import KINDS, kinds_of
from dagster_project.sample.spec import Habit, habit_of

REFERENCE = Path(__file__).parents[1] / "data" / "reference"
DEMO = Spec()
SMALL = Spec(journeys=400)
PHONE_COLUMNS = ("driver_phone", "passenger_phone")


@pytest.fixture(scope="module")
def demo() -> tuple[list[Drop], pl.DataFrame]:
    return generate(DEMO, REFERENCE)


def habit_by_id(operator_id: str) -> Habit:
    return habit_of(DEMO.operators.index(operator_id))


def read(drop: Drop) -> pl.DataFrame:
    """The lines of a file as text, under our names, with what tells them apart in the truth."""
    habit = habit_by_id(drop.operator_id)
    content = gzip.decompress(drop.content) if drop.name.endswith(".gz") else drop.content
    lines = pl.read_csv(
        io.BytesIO(content),
        separator=habit.separator,
        has_header=habit.has_header,
        new_columns=None if habit.has_header else list(habit.columns),
        infer_schema=False,
    )
    assert lines.columns == list(habit.columns)
    ours = {theirs: name for name, theirs in habit.layout.sources.items() if theirs in lines.columns}
    return lines.rename(ours).select(
        *(pl.when(pl.col(name) != "").then(pl.col(name)).alias(name) for name in ours.values()),
        line=pl.concat_str(pl.all().fill_null(""), separator="|"),
        operator_id=pl.lit(drop.operator_id),
        file=pl.lit(drop.name),
        row=pl.int_range(1, pl.len() + 1),
    )


@pytest.fixture(scope="module")
def lines(demo: tuple[list[Drop], pl.DataFrame]) -> pl.DataFrame:
    """Every line of every file beside its truth."""
    drops, truth = demo
    written = pl.concat([read(drop) for drop in drops], how="diagonal")
    both = truth.join(written, on=["operator_id", "file", "row"], how="full", suffix="_written")
    assert both.height == truth.height == written.height
    assert both["operator_id_written"].null_count() == both["operator_id"].null_count() == 0
    return both


def digest(spec: Spec) -> str:
    drops, truth = generate(spec, REFERENCE)
    parts = [f"{drop.operator_id}/{drop.name}".encode() + drop.content for drop in drops]
    return hashlib.sha256(b"".join([*parts, truth.write_csv().encode()])).hexdigest()


@pytest.mark.slow
def test_the_same_spec_gives_the_same_bytes_whatever_the_threads() -> None:
    alone = {**os.environ, "POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "7"}
    told = subprocess.run([sys.executable, __file__], env=alone, capture_output=True, check=True)
    assert digest(SMALL) == told.stdout.decode().strip()
    assert digest(SMALL) != digest(Spec(journeys=400, seed=2022))


def test_every_line_of_every_file_is_the_row_its_truth_names(lines: pl.DataFrame) -> None:
    assert lines.filter(
        pl.col("operator_journey_id").ne_missing(pl.col("operator_journey_id_written"))
    ).is_empty()


def test_every_kind_of_wrong_row_occurs_in_each_layout_that_can_hold_it(lines: pl.DataFrame) -> None:
    for layout in (V2.name, V3.name):
        operators = [o for o in DEMO.operators if habit_by_id(o).layout.name == layout]
        able = {KINDS[kind].name for o in operators for kind in kinds_of(habit_by_id(o))}
        assert set(lines.filter(pl.col("operator_id").is_in(operators))["kind"].drop_nulls()) == able


def test_wrong_rows_are_the_share_asked_for_and_name_a_known_rule_and_column(lines: pl.DataFrame) -> None:
    rejected = lines.filter(expected="rejected")
    assert rejected.height == pytest.approx(DEMO.wrong_share * DEMO.journeys, abs=5)
    assert set(rejected["rule_code"]) <= set(RULES)
    assert set(rejected["column"]) <= {*V2.sources, *V3.sources, "start", "end", "driver", "passenger"}
    assert (
        lines.filter(pl.col("expected") != "rejected")["rule_code"].null_count()
        == lines.height - rejected.height
    )


def test_the_demo_has_about_six_thousand_journeys_on_a_dozen_business_dates(
    demo: tuple[list[Drop], pl.DataFrame],
) -> None:
    drops, truth = demo
    assert 5_500 < truth["is_current"].sum() < 6_200
    assert len({drop.business_date for drop in drops}) == DEMO.nights
    assert {(d.operator_id, d.name) for d in drops} == set(
        truth.select("operator_id", "file").unique().iter_rows()
    )
    assert [drop.name for drop in drops if drop.dropped_at.date() != drop.business_date] == []


def test_a_living_journey_has_exactly_one_current_row_and_it_is_the_last_word(lines: pl.DataFrame) -> None:
    key = ["operator_id", "operator_journey_id"]
    sent = lines.filter(pl.col("expected") != "rejected").sort("business_date", "row")
    by_journey = sent.group_by(key).agg(
        pl.col("is_current").sum(),
        is_cancelled=(pl.col("expected") == "cancellation").any(),
        told_last=pl.col("is_current").filter(pl.col("expected") != "duplicate").last(),
    )
    assert by_journey.filter(pl.col("is_current") != (~pl.col("is_cancelled")).cast(pl.Int64)).is_empty()
    assert by_journey.filter(pl.col("told_last") == pl.col("is_cancelled")).is_empty()
    assert not lines.filter(expected="rejected")["is_current"].any()


def test_duplicates_repeat_their_bytes_and_corrections_and_conflicts_do_not(lines: pl.DataFrame) -> None:
    key = ["operator_id", "operator_journey_id"]
    first = lines.filter(expected="accepted").select(
        *key, first_line="line", first_file="file", first_row="row"
    )
    again = lines.join(first, on=key).filter(
        pl.col("expected").is_in(["duplicate", "correction", "cancellation"])
        | (pl.col("rule_code") == "key_conflict")
    )
    is_same = (pl.col("line") == pl.col("first_line")) == (pl.col("expected") == "duplicate")
    assert again.filter(~is_same).is_empty()
    in_one_file = again.filter(pl.col("file") == pl.col("first_file"))
    assert set(in_one_file["expected"]) == {"duplicate", "correction", "cancellation", "rejected"}
    assert (in_one_file["row"] > in_one_file["first_row"]).all()
    assert set(again.filter(pl.col("file") > pl.col("first_file"))["expected"]) == {
        "duplicate",
        "correction",
        "cancellation",
    }


@pytest.mark.slow
def test_every_accepted_position_lies_in_its_commune(lines: pl.DataFrame) -> None:
    places = pl.read_parquet(REFERENCE / "places.parquet", columns=["place_code", "geometry"])
    for end in ("start", "end"):
        accepted = lines.filter((pl.col("expected") != "rejected") & pl.col(f"{end}_lat").is_not_null())
        at = accepted.select(
            pl.col(f"{end}_lon", f"{end}_lat").cast(pl.Float64), place_code=f"{end}_commune"
        ).join(places, on="place_code")
        assert at.height == accepted.height
        polygons = shapely.from_wkb(at["geometry"].to_numpy())
        assert shapely.contains_xy(polygons, at[f"{end}_lon"].to_numpy(), at[f"{end}_lat"].to_numpy()).all()
        by_code = lines.filter((pl.col("expected") == "accepted") & pl.col(f"{end}_lat").is_null())
        assert by_code.height and (by_code[f"{end}_insee"] == by_code[f"{end}_commune"]).all()
    assert (lines["end_commune"] == "99140").sum() > 500


def test_the_pot_of_twelve_thousand_euros_runs_out_in_early_summer(
    demo: tuple[list[Drop], pl.DataFrame],
) -> None:
    territories = pl.read_parquet(REFERENCE / "territories.parquet").filter(year=2021)
    inside = territories.filter(pl.col("epci_code").is_in(DEMO.epcis))["place_code"].implode()
    spent_cents = pl.col("seats") * (((pl.col("final_distance_m") + 50) // 100).clip(200, 500) + 60)
    eligible = (
        demo[1]
        .filter("is_current", pl.col("final_distance_m") >= 2_000)
        .filter(pl.col("start_commune").is_in(inside) | pl.col("end_commune").is_in(inside))
        .sort("start_at")
        .select("start_at", spent_cents=spent_cents.cum_sum())
    )
    run_out_at = eligible.filter(pl.col("spent_cents") > 1_200_000)["start_at"][0]
    assert datetime(2021, 6, 1, tzinfo=UTC) < run_out_at < datetime(2021, 7, 20, tzinfo=UTC)


@pytest.mark.slow
@pytest.mark.parametrize(
    "spec", [DEMO, Spec(journeys=130_000, nights=2)], ids=["demo", "past the fiction range"]
)
def test_no_phone_can_ring(spec: Spec) -> None:
    drops, _ = generate(spec, REFERENCE)
    nobodys = r"^(\+33639 ?98|0639 ?98|06 39 98 )( ?\d\d){2}$|^\+999\d{9}$"
    shortened = r"^\+33639 ?98\d{2}$|^\+999\d{7}$"
    seen = pl.concat([read(drop) for drop in drops], how="diagonal")
    for column in PHONE_COLUMNS:
        phones = seen.filter(pl.col(column) != "pas de portable")[column].drop_nulls()
        assert len(phones) and phones.str.contains(nobodys).all()
        assert seen[f"{column}_trunc"].drop_nulls().str.contains(shortened).all()


@pytest.mark.slow
def test_files_appear_whole_with_the_time_of_their_drop(tmp_path: Path) -> None:
    drops, _ = generate(SMALL, REFERENCE)
    write(drops, tmp_path / "drops")
    written = sorted(path for path in (tmp_path / "drops").rglob("*") if path.is_file())
    wanted = {f"{d.operator_id}/incoming/{d.name}": d for d in drops}
    assert [str(path.relative_to(tmp_path / "drops")) for path in written] == sorted(wanted)
    for path in written:
        drop = wanted[str(path.relative_to(tmp_path / "drops"))]
        assert path.read_bytes() == drop.content
        assert path.stat().st_mtime == drop.dropped_at.timestamp()


def test_faulty_files_break_every_rule_that_a_file_can_break() -> None:
    # What lies in the file's place, whose it is, how many of its rows are wrong, how long it takes.
    by_its_place = {"file_not_regular", "operator_unknown", "operator_not_in_production"}
    by_its_rows = {"file_mostly_wrong", "file_too_slow", "line_ends_unknown"}
    codes = {rule.code for rule in FILE_RULES}
    assert {code for *_, code in faulty_files()} == codes - by_its_place - by_its_rows
    assert faulty_files() == faulty_files()


def test_a_night_can_cross_the_change_of_the_clocks() -> None:
    spec = Spec(journeys=300, first_day=date(2021, 3, 25), last_day=date(2021, 3, 31), nights=1)
    _, truth = generate(spec, REFERENCE)
    midnight, change = datetime(2021, 3, 28, tzinfo=UTC), datetime(2021, 3, 28, 1, tzinfo=UTC)
    assert truth.filter(pl.col("start_at").is_between(midnight, change)).height


if __name__ == "__main__":
    sys.stdout.write(digest(SMALL))
