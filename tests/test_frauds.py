"""Labels: the planted are found, the honest left alone, whatever comes in first; and what a night makes of them."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from dagster_project.catalogue import catalogue
from dagster_project.contracts.labels import FRAUD_COUNTS, FRAUD_UNJUDGED, FRAUD_VERDICTS
from dagster_project.fraud.trace import finish
from dagster_project.sample import Spec
from dagster_project.settings import PROJECT
from tests.support.fraud_base import ASIDE, KEY, TOLD, label, measure, night, planted
from tests.support.fraud_legs import FAR, HERE, NEAR, NOON, THERE, base_of, leg

from .conftest import use

YEAR = Spec(journeys=20_000, frauds=20, first_day=date(2021, 1, 1), last_day=date(2021, 12, 31))


@pytest.fixture(scope="module")
def year() -> tuple[pl.DataFrame, pl.DataFrame]:
    return planted(YEAR)


@pytest.fixture(scope="module")
def labelled(year: tuple[pl.DataFrame, pl.DataFrame]) -> tuple[pl.DataFrame, pl.DataFrame]:
    return label(year[0], identities=year[1])


def test_planted_frauds_are_found_and_the_honest_are_not(
    labelled: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    labels, journeys = labelled
    kinds, false_share = measure(journeys)
    assert set(kinds["fraud"]) == ASIDE and kinds["recall"].min() > 0.95  # type: ignore[operator]
    assert false_share < 1e-4
    informative = journeys.filter(verdict="told").select(*KEY, rule_code="fraud")
    found = informative.join(labels, on=informative.columns, how="semi")["rule_code"].value_counts()
    missed = (
        informative["rule_code"]
        .value_counts()
        .join(found, on="rule_code", how="left")
        .filter(pl.col("count_right").fill_null(0) < 0.95 * pl.col("count"))
    )
    assert set(informative["rule_code"]) == TOLD and missed["rule_code"].to_list() == []
    honest = journeys.filter(verdict="honest")
    assert set(honest["fraud"]) == {"volunteer", "family", "overlapping_passengers"}
    assert set(honest["outcome"]) == {"valid"}


def test_verdicts_follow_what_is_cancelled(
    year: tuple[pl.DataFrame, pl.DataFrame], labelled: tuple[pl.DataFrame, pl.DataFrame]
) -> None:
    journeys, accounts = year
    is_cancelled = (pl.col("verdict") == "kept") & (pl.col("fraud") != "fraud_interoperator_too_many")
    changed = journeys.with_columns(
        outcome=pl.when(is_cancelled).then(pl.lit("cancelled")).otherwise("outcome")
    )
    labels, after = label(changed, identities=accounts)
    conflicts = ("fraud_overlap", "fraud_interoperator_too_close", "fraud_teleportation")
    freed = after.filter(pl.col("fraud").is_in(conflicts), verdict="aside")
    assert freed.height == 3 * YEAR.frauds and set(freed["outcome"]) == {"valid"}
    segments = after.filter(fraud="fraud_segmentation", verdict="aside")
    assert (segments["outcome"] == "valid").sum() == YEAR.frauds  # the second piece is now the first
    moved = journeys.filter(pl.col("fraud").is_in([*conflicts, "fraud_segmentation"]))
    before, now = (
        one.filter("is_excluding").join(moved, on=KEY, how="anti") for one in (labelled[0], labels)
    )
    assert_frame_equal(now, before, check_exact=True)
    assert now.height == 5 * YEAR.frauds


def test_what_is_judged_again_is_what_a_whole_night_finds(
    year: tuple[pl.DataFrame, pl.DataFrame], labelled: tuple[pl.DataFrame, pl.DataFrame]
) -> None:
    journeys, accounts = year
    days, edge = journeys["start_on"], date(2021, 5, 1)
    # What had not come yet the night before: one day in three around the edges of two months.
    is_late = days.is_between(date(2021, 4, 26), date(2021, 5, 3)) & (days.dt.ordinal_day() % 3 == 0)
    before = journeys.filter(~is_late & (days != edge))
    labels, after = label(journeys, before=before, identities=accounts)
    assert labels.join(journeys.join(before, on=KEY, how="anti"), on=KEY, how="semi").height > 10
    assert_frame_equal(labels, labelled[0], check_exact=True)
    assert_frame_equal(after, labelled[1], check_exact=True)


@pytest.mark.parametrize("late", ["april", "may"])
def test_what_comes_on_the_other_side_of_a_months_edge_is_seen(late: str) -> None:
    edge = int((datetime(2021, 4, 30, 22, tzinfo=UTC) - NOON).total_seconds())  # midnight in Paris
    legs = [
        leg("one april", "d", "p", edge - 600, 1_200), leg("one may OUT", "e", "p", edge + 60, 600),
        leg("both april OUT", "q", "r", edge - 600, 1_200),
        leg("both may OUT", "q", "r", edge + 60, 600, operator_id="b"),
        *(leg(f"far {day}", "x", "y", day * 86_400) for day in range(-40, 40, 10)),
    ]  # fmt: skip
    base = base_of(legs)
    labels, after = label(base, before=base.filter(~pl.col("operator_journey_id").str.contains(late)))
    assert_frame_equal(labels, label(base)[0], check_exact=True)
    refused = after.filter(outcome="refused")["operator_journey_id"]
    assert set(refused) == {one["operator_journey_id"] for one in legs if "OUT" in one["operator_journey_id"]}


def test_thresholds_hold_on_both_sides_and_decisions_override() -> None:
    b, car = {"operator_id": "b"}, {"operator_trip_id": "one car"}
    close = {"outcome": "refused", "refusal_codes": ["too_close_trips"]}
    straight_m = 350 / 3.6 * 300  # what 350 km/h make in five minutes
    legs = [
        leg("share 1", "d", "p", 0), leg("share 2", "e", "p", 300),  # 70 per cent in common
        leg("more 1", "d", "p", 0), leg("more 2 OUT", "e", "p", 299),
        leg("chain 1", "d", "p", 0), leg("chain 2 OUT", "e", "p", 200), leg("chain 3", "f", "p", 350, 3_000),
        leg("dead 1", "d", "p", 0, outcome="refused"), leg("dead 2", "e", "p", 0),
        leg("same 1", "d", "p", 0, **car), leg("same 2", "d", "q", 60, **car), leg("same 3", "d", "p", 0, **car),
        leg("roles 1", "d", "p", 0), leg("roles 2 OUT", "p", "q", 100),
        leg("drives 1", "d", "p", 0), leg("drives 2", "d", "q", 100, **b),
        leg("touch 1", "d", "p", 0), leg("touch 2", "e", "p", 980, **b),
        leg("over 1", "d", "p", 0), leg("over 2 OUT", "e", "p", 979, **b),
        leg("both 1 OUT", "d", "p", 0), leg("both 2 OUT", "d", "p", 60, **b),
        leg("wait 1", "d", "p", 0), leg("wait 2", "d", "p", 2_801, **b),
        leg("soon 1", "d", "p", 0), leg("soon 2 OUT", "p", "d", 2_800, **b),
        *(leg(f"four {n}", f"d{n}", "p", n * 5_000, **(b if n % 2 else {})) for n in range(4)),
        *(leg(f"five {n}{' OUT' if n == 4 else ''}", f"d{n}", "p", n * 5_000, **(b if n % 2 else {})) for n in range(5)),
        *(leg(f"alone {n}", f"d{n}", "p", n * 5_000) for n in range(6)),
        leg("fast 1", "d", "p", 0, 900, distance_m=40_000), leg("fast 2 OUT", "e", "q", 0, 900, distance_m=40_010),
        leg("far 1", "d", "p", 0), leg("far 2", "e", "p", 1_300, start=(46 + (straight_m - 50) / 111_195, 6.0)),
        leg("gone 1", "d", "p", 0), leg("gone 2 OUT", "e", "p", 1_300, start=(46 + (straight_m + 50) / 111_195, 6.0)),
        leg("jitter 1", "d", "p", 0), leg("jitter 2", "e", "p", 1_001, start=(46.17, 6.0)),
        leg("cut 1", "d", "p", 0, end=NEAR), leg("cut 2 OUT", "d", "p", 2_800, start=NEAR, end=THERE),
        # The piece between is refused as too close: it shows the cut, and counts against nobody otherwise.
        leg("pieces 1", "d", "p", 0, end=NEAR), leg("pieces 2", "d", "p", 1_000, 1_000, start=NEAR, end=THERE, **close),
        leg("pieces 3 OUT", "d", "p", 2_801, start=THERE, end=FAR),
        leg("shadow 1", "d", "p", 0, **close), leg("shadow 2", "e", "p", 200),
        leg("stop 1", "d", "p", 0, end=NEAR), leg("stop 2", "d", "p", 2_801, start=NEAR, end=THERE),
        leg("aside 1", "d", "p", 0, end=NEAR), leg("aside 2", "d", "p", 1_500, start=(46.1091, 6.0), end=THERE),
        leg("return 1", "d", "p", 0, end=NEAR), leg("return 2", "d", "p", 1_500, start=NEAR, end=HERE),
        leg("contested 1", "d", "p", 0), leg("contested 2", "e", "p", 0, 1_001),
        leg("seen 1 OUT", "d", "p", 0), leg("seen 2", "e", "p", 100),
        leg("racer 1 OUT", "d", "p", 0, distance_m=90_000), leg("racer 2", "e", "p", 100),
        leg("phones 1", "d", "four", 0), leg("phones 2", "d", "three", 5_000),
        # January is final: what was set aside then stays so, what was not is not.
        leg("final 1 OUT", "d", "p", -100 * 86_400), leg("final 2", "e", "p", -100 * 86_400),
    ]  # fmt: skip
    decided = {"operator_id": "a", "decided_on": date(2021, 6, 1)}
    decisions = [
        {"operator_journey_id": "contested 2", "rule_code": "fraud_overlap", "effect": "keep"},
        {
            "operator_journey_id": "contested 2",
            "rule_code": None,
            "effect": "exclude",
            "decided_on": date(2021, 5, 30),
        },
        {"operator_journey_id": "seen 1 OUT", "rule_code": None, "effect": "exclude"},
    ]
    people = [
        {
            "operator_user_id": user,
            "phone": f"+33{n}",
            "identity_key": f"phones {user}" if n == 0 else f"{user} {n}",
        }
        for user, count in (("four", 4), ("three", 3))
        for n in range(count)
    ]
    labels, after = label(
        base_of(legs),
        identities=pl.DataFrame(people).with_columns(operator_id=pl.lit("a")),
        fraud_decisions=pl.DataFrame([decided | one for one in decisions]),
        fraud_counts=pl.DataFrame({"month_on": [date(2021, 1, 1)]}),
        fraud_verdicts=pl.DataFrame(
            {"operator_id": ["a"], "operator_journey_id": ["final 1 OUT"], "rule_code": ["fraud_speed"], "start_on": [date(2021, 1, 24)]}
        ),
    )  # fmt: skip
    out = {name for name in after["operator_journey_id"] if "OUT" in name}
    contested = {"contested 2"}  # an older decision on the whole journey, a newer one on one label
    refused = set(after.filter(outcome="refused")["operator_journey_id"]) - {"dead 1", "pieces 2", "shadow 1"}
    assert refused == out | contested
    assert after.filter(operator_journey_id="contested 2")["refusal_codes"].to_list() == [["fraud_decision"]]
    assert labels.filter(rule_code="fraud_phones_per_id")["operator_journey_id"].to_list() == ["phones 1"]
    more = labels.filter(operator_journey_id="more 2 OUT", rule_code="fraud_overlap").to_dicts()[0]
    assert more["evidence"] == [{"operator_id": "a", "operator_journey_id": "more 1"}]
    assert more["score"] == pytest.approx(0.701)


def test_what_comes_late_for_a_final_month_is_judged_against_what_is_final_and_moves_nothing_of_it() -> None:
    january, edge = -100 * 86_400, -93 * 86_400 + 13 * 3_600 - 100  # 31 January, before midnight
    late = {"drop_id": "late"}
    legs = [
        leg("speed OUT", "d", "p", january, 600, distance_m=60_000, **late),
        leg("after 1", "d", "p", january), leg("after 2 OUT", "e", "p", january + 100, **late),
        leg("before 1 OUT", "d", "p", january, **late), leg("before 2", "e", "p", january + 100),
        leg("gone 1 SET", "d", "p", january), leg("gone 2", "e", "p", january + 100, **late),
        leg("settled 1", "d", "p", january), leg("settled 2", "e", "p", january + 100),
        leg("twin 1", "d", "p", january), leg("twin 2 OUT", "d", "p", january + 100, **late, operator_id="b"),
        leg("pair 1", "d", "p", january, **late), leg("pair 2 OUT", "e", "p", january + 100, **late),
        leg("piece 1 OUT", "d", "p", january, end=NEAR, **late),
        leg("piece 2", "d", "p", january + 2_800, start=NEAR, end=THERE),
        # Four cars of two operators are final: the fifth came late, and was the first.
        *(leg(f"cars {n}", f"{n}", "p", january + 2_000 * n, operator_id="ab"[n % 2]) for n in range(1, 5)),
        leg("cars 0 OUT", "0", "p", january, **late),
        # February is open: the first to start stays.
        leg("edge 1", "d", "p", edge, **late), leg("edge 2 OUT", "e", "p", edge + 200, drop_id="new"),
        # Refused or hidden when January became final, valid since; what still is refused is not judged.
        leg("freed 1", "d", "p", january), leg("freed 2 OUT", "e", "p", january + 100),
        leg("kept 1", "d", "p", january), leg("kept 2", "e", "p", january + 100, outcome="cancelled"),
        # Late, and nothing is wrong with it; many times the same would only inform.
        *(leg(f"calm {n}", "d", "p", january + 86_400 * n, distance_m=9_000, **late) for n in range(6)),
    ]  # fmt: skip
    legs = [{"drop_id": "known", "version_number": 1} | one for one in legs]
    counts = {
        "month_on": [date(2021, 1, 1)],
        "operator_id": ["a"],
        "rule_code": ["all"],
        "drops": ["known other"],
    }
    verdicts = {"operator_id": ["a"], "operator_journey_id": ["gone 1 SET"], "rule_code": ["fraud_overlap"]}
    unjudged = {
        "operator_id": "a",
        "operator_journey_id": ["freed 2 OUT", "kept 2"],
        "start_on": date(2021, 1, 24),
    }
    given = {
        "fraud_counts": pl.DataFrame(counts),
        "fraud_verdicts": pl.DataFrame(verdicts | {"start_on": [date(2021, 1, 24)]}),
        "fraud_unjudged": pl.DataFrame(unjudged),
    }
    labels, after = label(base_of(legs), **given)
    refused = set(after.filter(outcome="refused")["operator_journey_id"])
    assert refused == {name for name in after["operator_journey_id"] if name.endswith(("OUT", "SET"))}
    assert (
        set(labels["operator_journey_id"]) == refused
    )  # in a final month, nothing is told that sets nothing aside
    # The night after, all that was late is final, too: neither it nor its neighbours move.
    settled = labels.filter("is_excluding_by_rule", pl.col("start_on") < date(2021, 2, 1)).select(
        *KEY, "rule_code", "start_on"
    )
    given = {
        "fraud_counts": pl.DataFrame(counts | {"drops": ["known late"]}),
        "fraud_verdicts": settled,
    }
    again = label(base_of(legs), **given)[1]
    assert_frame_equal(again.select(*KEY, "outcome"), after.select(*KEY, "outcome"), check_exact=True)


def test_what_is_valid_only_after_its_month_is_final_is_judged_once_on_that_night(tmp_path: Path) -> None:
    """What refused it is cancelled, or a limitation is lifted: the record is of journeys, not of drops."""
    lake, january = use(tmp_path), -100 * 86_400
    close, on_time = {"outcome": "refused", "refusal_codes": ["too_close_trips"]}, {"drop_id": "punctual"}
    first = [
        leg("paid", "d", "p", january, **on_time), leg("calm", "x", "y", january, **close, **on_time),
        leg("paid close", "e", "p", january + 100, **close, **on_time),
        leg("paid limited", "f", "p", january + 200, outcome="hidden", **on_time),
    ]  # fmt: skip
    late = leg("paid late", "g", "p", january + 250, **close, drop_id="late")
    freed = [one | {"outcome": "valid", "refusal_codes": []} for one in (*first, late)]
    found = []
    for day, legs in enumerate((first, [*first, late], freed, freed), 1):
        given = {one.name: lake.read(one) for one in (FRAUD_COUNTS, FRAUD_VERDICTS, FRAUD_UNJUDGED)}
        with night(base_of([{"version_number": 1} | one for one in legs]), **given) as connection:
            final = finish(lake, connection, date(2021, 12, day))
            paid = connection.execute(
                "select operator_journey_id from active.journeys where outcome = 'valid'"
            ).fetchall()
        counts = lake.read(FRAUD_COUNTS).filter(rule_code="all")
        unjudged = lake.read(FRAUD_UNJUDGED)["operator_journey_id"].to_list()
        found.append(
            (len(final), {name for (name,) in paid}, counts["journeys"].sum(), counts.height, unjudged)
        )
    waiting = ["calm", "paid close", "paid limited"]
    assert found == [
        (1, {"paid"}, 0, 1, waiting),
        (0, {"paid"}, 0, 2, [*waiting[:2], "paid late", waiting[2]]),
        (0, {"paid", "calm"}, 3, 3, []),
        (0, {"paid", "calm"}, 3, 3, []),
    ]


def test_a_decision_or_a_rule_that_is_wrong_is_told_by_line(
    tmp_path: Path, configure: Callable[..., None]
) -> None:
    configure(private_catalogue=tmp_path)
    folder = tmp_path / "decisions"
    folder.mkdir()
    line = "  - {{operateur: {}, trajet: t, motif: {}, effet: {}, le: 2021-08-03, demande_par: operateur, decide_par: {}, raison: {}}}\n"
    (folder / "un.yml").write_text(
        "decisions:\n"
        + line.format("alpimobb", "fraud_overlap", "retablir", "registre", "horloge du véhicule en avance")
        + line.format("alpimob", "fraud_overlapp", "annuler", "Mme Personne", "court"),
        "utf-8",
    )
    with pytest.raises(catalogue.CatalogueError) as told:
        catalogue.decisions(PROJECT / "data")
    assert "un.yml:3: decisions.1.effet : `annuler` n'est pas admis ; écrire `retablir` ou `ecarter`" in str(
        told.value
    )
    assert "un.yml:3: decisions.1.decide_par" in str(told.value)
    (folder / "un.yml").write_text(
        "decisions:\n"
        + 2 * line.format("alpimobb", "fraud_overlapp", "retablir", "registre", "horloge en avance"),
        "utf-8",
    )
    with pytest.raises(catalogue.CatalogueError) as told:
        catalogue.decisions(PROJECT / "data")
    assert (
        "un.yml:2: decisions.0.operateur : opérateur absent de data/operators ; le plus proche est `alpimob`"
        in str(told.value)
    )
    assert "le plus proche est `fraud_overlap`" in str(told.value)
    assert "un.yml:3: decisions.1.le : deux décisions du même jour" in str(told.value)
    rules = tmp_path / "rules"
    rules.mkdir()
    text = (PROJECT / "data" / "rules" / "fraud.yml").read_text("utf-8")
    (rules / "fraud.yml").write_text(
        text.replace("ecarte: true, secondes: 20, pour_cent: 70", "ecarte: true, secondes: 20"), "utf-8"
    )
    with pytest.raises(
        catalogue.CatalogueError, match=r"fraud.yml:8: recouvrement : seuils attendus : pour_cent, secondes"
    ):
        catalogue.frauds(tmp_path)
