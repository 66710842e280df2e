"""Rows as an operator writes them: every value a text, under the operator's column names."""

from datetime import date, datetime, time, timedelta

import polars as pl

from dagster_project.contracts.couple import ENDS, ROLES
from dagster_project.contracts.moments import PARIS
from dagster_project.sample.row_faults import spoil
from dagster_project.sample.spec import Habit
from dagster_project.sample.zone import Zone

AUTHORITY_SIRET = "20007537200017"
EMPLOYER_SIRET = "92001122800011"
MEMBER_SIRET = "20000017200011"  # of a member of the authority: no payer of its campaign
# What Layout.sources does not name, since nothing downstream needs it: ours → the operator's.
_UNREAD = {
    **{f"car_{end}_at": f"driver.{end}.datetime" for end in ENDS},
    **{f"car_{end}_{axis}": f"driver.{end}.{axis}" for end in ENDS for axis in ("lat", "lon")},
    **{f"{end}_{name}": f"passenger.{end}.{name}" for end in ENDS for name in ("literal", "country")},
    "duration_s": "passenger.duration",
    "car_duration_s": "driver.duration",
    "car_distance_m": "driver.distance",
    "driver_over_18": "driver.identity.over_18",
    **{f"{role}_identity_key": f"{role}.identity.identity_key" for role in ROLES},
    "licence_plate": "licence_plate",
    "payments": "passenger.payments",
}


def _die(after: int, sides: int) -> pl.Expr:
    """An independent roll per journey: the same for each row that repeats it."""
    return pl.col("dice") // after % sides


def _instant(column: str) -> pl.Expr:
    """ISO 8601, in UTC or with Paris's offset."""
    paris = pl.col(column).dt.convert_time_zone(PARIS.key).dt.strftime("%Y-%m-%dT%H:%M:%S%:z")
    utc = pl.col(column).dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    return pl.when(_die(1_000, 2) == 0).then(paris).otherwise(utc)


def _incentive(index: int, siret: str, cents: pl.Expr) -> pl.Expr:
    head = f'{{"index": {index}, "siret": "{siret}", "amount": '
    return pl.lit(head) + cents.cast(pl.String) + "}"


def is_told_of_a_member() -> pl.Expr:
    """Now and then the authority's part is declared under a member's number: reconciliations must find it."""
    return (pl.col("subsidy_cents") > 0) & (_die(2_000, 50) == 0)


def _incentives(habit: Habit) -> dict[str, pl.Expr]:
    """The authority's part, now and then the operator's own; v2 tells who of the car gets which."""
    none = pl.lit(None, dtype=pl.String)
    member = pl.when(is_told_of_a_member()).then(_incentive(0, MEMBER_SIRET, pl.col("subsidy_cents")))
    authority = member.when((pl.col("subsidy_cents") > 0) & (_die(2_000, 10) < 8)).then(
        _incentive(0, AUTHORITY_SIRET, pl.col("subsidy_cents"))
    )
    own = pl.when(_die(20_000, 10) == 0).then(_incentive(1, habit.siret, pl.lit(50))).otherwise(none)
    employer = (
        pl.when(_die(200_000, 10) == 0).then(_incentive(2, EMPLOYER_SIRET, pl.lit(100))).otherwise(none)
    )
    parts = {"incentives": [authority, own, employer]}
    if habit.layout.name == "v2":
        parts = {"driver_incentives": [authority, own], "incentives": [employer]}
    listed = {name: pl.concat_str(items, separator=", ", ignore_nulls=True) for name, items in parts.items()}
    return {name: "[" + items + "]" for name, items in listed.items()}


def _person(people: pl.DataFrame, rows: pl.DataFrame, habit: Habit, role: str) -> pl.DataFrame:
    """What the file says of each row's driver or passenger, under our column names."""
    roll = rows["dice"] // (2_000_000 if role == "driver" else 40_000_000) % 20
    user_id = pl.format(habit.prefix + "-U{}", pl.col("number").cast(pl.String).str.zfill(7))
    has_user_id = pl.col("is_truncated") | (habit.layout.name == "v3")
    spelling = (
        pl.when(pl.col("roll") < 3).then("phone_national").when(pl.col("roll") < 6).then("phone_spaced")
    )
    return (
        people[rows[role]]
        .with_columns(rows[role].alias("number"), roll.alias("roll"))
        .with_columns(
            operator_user_id=pl.when(has_user_id).then(user_id),
            phone_trunc=pl.when("is_truncated").then(pl.col("phone").str.head(-2)),
            phone=pl.when(~pl.col("is_truncated")).then(spelling.otherwise("phone")),
        )
        .drop("phone_national", "phone_spaced", "is_truncated", "number", "roll")
        .rename(lambda name: f"{role}_{name}")
    )


def _places(zone: Zone, end: str) -> dict[str, pl.Expr]:
    """Position, and in v2 at times the INSEE code beside or instead of it, and an address."""
    place = pl.col(f"{end}_place")
    code, name = (
        place.replace_strict(list(range(len(zone.codes))), list(values), return_dtype=pl.String)
        for values in (zone.codes, zone.names)
    )
    is_abroad = place.is_in([row for row, abroad in enumerate(zone.is_abroad) if abroad])
    by_code = ~is_abroad & (_die(800_000_000, 40) == 0)
    address = (
        pl.when(_die(800_000_000, 40) == 1)
        .then(pl.format("Parking relais\nentrée « nord », {}", name))
        .otherwise(pl.format('3, rue de l\'Exemple dite "du Test", {}', name))
    )
    has_address = _die(800_000_000, 40) < 12
    return {
        **{
            f"{end}_{axis}": pl.when(~(by_code & pl.col("is_v2"))).then(
                pl.col(f"{end}_{axis}").cast(pl.String)
            )
            for axis in ("lat", "lon")
        },
        f"{end}_insee": pl.when(by_code | (~is_abroad & (_die(800_000_000, 40) < 15))).then(code),
        f"{end}_literal": pl.when(has_address).then(address),
        f"{end}_country": pl.when(has_address).then(
            pl.when(is_abroad).then(pl.lit("Suisse")).otherwise(pl.lit("France"))
        ),
    }


def spell(
    rows: pl.DataFrame, people: pl.DataFrame, zone: Zone, habit: Habit, business_date: date
) -> pl.DataFrame:
    """The lines of one file, wrong ones included, in the operator's columns."""
    day_end = datetime.combine(business_date + timedelta(days=1), time(), PARIS)
    # Of one journey in a hundred the operator keeps half of the incentive: article 7 has something to find.
    kept = pl.when(_die(4_000_000, 100) == 0).then(pl.col("subsidy_cents") // 2).otherwise(0)
    paid = pl.col("contribution_cents") + pl.col("subsidy_cents") - kept
    car_s = (pl.col("car_end_at") - pl.col("car_start_at")).dt.total_seconds()
    texts = rows.with_columns(is_v2=pl.lit(habit.layout.name == "v2")).select(
        "status",
        "fault",
        pl.col("start_at").alias("start_instant"),
        pl.lit(day_end).dt.convert_time_zone("UTC").alias("day_end"),
        operator_journey_id=journey_id(habit.prefix),
        operator_trip_id=pl.format(habit.prefix + "-V{}", pl.col("trip").cast(pl.String).str.zfill(8)),
        operator_class=pl.col("operator_class").replace_strict([0, 1, 2], ["A", "B", "C"]),
        **{name: _instant(name) for name in ("start_at", "end_at", "car_start_at", "car_end_at")},
        **{key: text for end in ENDS for key, text in _places(zone, end).items()},
        **{
            f"car_{end}_{axis}": pl.col(f"car_{end}_{axis}").cast(pl.String)
            for end in ENDS
            for axis in ("lat", "lon")
        },
        distance_m=pl.col("distance_m").cast(pl.String),
        car_distance_m=(pl.col("distance_m") + 400 + 100 * pl.col("rank")).cast(pl.String),
        duration_s=pl.col("duration_s").cast(pl.String),
        car_duration_s=car_s.cast(pl.String),
        seats=pl.when((pl.col("seats") > 1) | (_die(40_000, 25) > 0)).then(pl.col("seats").cast(pl.String)),
        passenger_contribution_cents=pl.col("contribution_cents").cast(pl.String),
        driver_revenue_cents=paid.cast(pl.String),
        licence_plate=pl.format("ZZ-{}-ZZ", (pl.col("driver") % 1_000).cast(pl.String).str.zfill(3)),
        payments=pl.lit("[]"),
        **_incentives(habit),
    )
    texts = spoil(
        texts.hstack(_person(people, rows, habit, "driver")).hstack(_person(people, rows, habit, "passenger"))
    )
    texts = texts.with_columns(pl.col("driver_over_18").replace("FALSE", None))
    theirs = {column: ours for ours, column in {**_UNREAD, **habit.layout.sources}.items()}
    nothing = pl.lit(None, dtype=pl.String)
    return texts.select(
        (pl.col(theirs[column]) if theirs.get(column) in texts.columns else nothing).alias(column)
        for column in habit.columns
    )


def journey_id(prefix: str) -> pl.Expr:
    """The operator's key of a journey."""
    return pl.format(prefix + "-{}", pl.col("journey").cast(pl.String).str.zfill(8))
