"""The two CSV layouts an operator may send, and what each of their columns means to us.

v2 is the registry's historical 51-column file (header optional), v3 the flattened fields of
its modern API. The names flip between them: v2 calls the couple `journey_id` and the car
`operator_journey_id`; v3 calls them `operator_journey_id` and `operator_trip_id`. Ours are
the modern names.
"""

from dataclasses import dataclass, replace

from dagster_project.contracts.couple import ENDS, ROLES

_PLACE = ("datetime", "lat", "lon", "insee", "literal", "country")
_PERSON = ("firstname", "lastname", "email", "phone", "company")


def _ends(role: str) -> tuple[str, ...]:
    return tuple(f"{role}.{end}.{field}" for end in ENDS for field in _PLACE)


V2_COLUMNS: tuple[str, ...] = (
    "journey_id",
    "operator_journey_id",
    "operator_class",
    *(f"passenger.identity.{field}" for field in _PERSON),
    "passenger.identity.over_18",
    "passenger.identity.travel_pass.name",
    "passenger.identity.travel_pass.user_id",
    *_ends("passenger"),
    "passenger.seats",
    "passenger.contribution",
    "passenger.incentives",
    "passenger.distance",
    "passenger.duration",
    *(f"driver.identity.{field}" for field in _PERSON),
    "driver.identity.travel_pass.name",
    "driver.identity.travel_pass.user_id",
    *_ends("driver"),
    "driver.revenue",
    "driver.incentives",
    "driver.distance",
    "driver.duration",
)

_IDENTITY_V3 = (
    "identity_key",
    "operator_user_id",
    "phone",
    "phone_trunc",
    "over_18",
    "travel_pass.name",
    "travel_pass.user_id",
)

V3_COLUMNS: tuple[str, ...] = (
    "operator_journey_id",
    "operator_trip_id",
    "operator_class",
    *(f"{end}.{field}" for end in ENDS for field in ("datetime", "lat", "lon")),
    "distance",
    "licence_plate",
    *(f"driver.identity.{field}" for field in _IDENTITY_V3),
    "driver.revenue",
    *(f"passenger.identity.{field}" for field in _IDENTITY_V3),
    "passenger.contribution",
    "passenger.seats",
    "passenger.payments",
    "incentives",
)

# Either layout may carry these beside its own.
EXTRA_COLUMNS: tuple[str, ...] = (
    *(f"{r}.identity.{f}" for r in ("passenger", "driver") for f in ("phone_trunc", "operator_user_id")),
    "status",
    "operator",
)

_OF_A_CANCELLATION = ("operator_journey_id", "operator_trip_id", "operator", "status")


@dataclass(frozen=True)
class Layout:
    """One layout: all its columns, those a header must name, and where our columns are found."""

    name: str
    columns: tuple[str, ...]
    required: frozenset[str]
    sources: dict[str, str]  # our column → the operator's column
    mandatory: frozenset[str]  # our columns that no row may leave empty
    has_french_forms: bool = False  # dd/mm/yyyy hh:mm, vrai, decimal comma (the 2019 spreadsheets)
    only_cancels: bool = False  # a file of ids and status=cancelled, nothing else

    @property
    def cancellations(self) -> "Layout":
        """The columns of a file that only cancels."""
        read = {name: self.sources[name] for name in _OF_A_CANCELLATION}
        needed = frozenset((read["operator_journey_id"], read["status"]))
        columns = tuple(name for name in self.columns if name in read.values())
        return replace(self, columns=columns, required=needed, sources=read, only_cancels=True)


def _people(v3: bool) -> dict[str, str]:
    fields = ("phone", "phone_trunc", "operator_user_id", "travel_pass.name", "travel_pass.user_id")
    names = () if v3 else ("firstname", "lastname", "email", "company")
    over_18 = ROLES if v3 else ("passenger",)
    return {
        f"{role}_{field.replace('.', '_')}": f"{role}.identity.{field}"
        for role in ROLES
        for field in (*fields, *names)
    } | {
        **{f"{role}_over_18": f"{role}.identity.over_18" for role in over_18},
        **({f"{role}_declared_key": f"{role}.identity.identity_key" for role in over_18} if v3 else {}),
    }


_MANDATORY = frozenset(
    {
        "operator_journey_id",
        "operator_class",
        "start_at",
        "end_at",
        "distance_m",
        "passenger_contribution_cents",
        "driver_revenue_cents",
    }
)

V2 = Layout(
    name="v2",
    mandatory=_MANDATORY,
    has_french_forms=True,
    columns=tuple(dict.fromkeys(V2_COLUMNS + EXTRA_COLUMNS)),
    required=frozenset(V2_COLUMNS),
    sources={
        "operator_journey_id": "journey_id",
        "operator_trip_id": "operator_journey_id",
        "operator": "operator",
        "operator_class": "operator_class",
        "status": "status",
        "start_at": "passenger.start.datetime",
        "end_at": "passenger.end.datetime",
        **{f"{end}_{field}": f"passenger.{end}.{field}" for end in ENDS for field in ("lat", "lon", "insee")},
        "distance_m": "passenger.distance",
        "duration_s": "passenger.duration",
        "seats": "passenger.seats",
        "passenger_contribution_cents": "passenger.contribution",
        "driver_revenue_cents": "driver.revenue",
        "incentives": "passenger.incentives",
        "driver_incentives": "driver.incentives",
        **_people(v3=False),
    },
)

V3 = Layout(
    name="v3",
    mandatory=_MANDATORY | {"operator_trip_id"},
    columns=tuple(dict.fromkeys(V3_COLUMNS + EXTRA_COLUMNS)),
    required=frozenset(
        {
            "operator_journey_id",
            "operator_trip_id",
            "operator_class",
            "distance",
            "driver.revenue",
            "passenger.contribution",
            "incentives",
            *(f"{end}.{field}" for end in ENDS for field in ("datetime", "lat", "lon")),
        }
    ),
    sources={
        "operator_journey_id": "operator_journey_id",
        "operator_trip_id": "operator_trip_id",
        "operator": "operator",
        "operator_class": "operator_class",
        "status": "status",
        **{
            f"{end}_{ours}": f"{end}.{theirs}"
            for end in ENDS
            for ours, theirs in (("at", "datetime"), ("lat", "lat"), ("lon", "lon"))
        },
        "distance_m": "distance",
        "seats": "passenger.seats",
        "passenger_contribution_cents": "passenger.contribution",
        "driver_revenue_cents": "driver.revenue",
        "incentives": "incentives",
        "payments": "passenger.payments",
        "licence_plate": "licence_plate",
        **_people(v3=True),
    },
)

# Fields of the API's versions 2 and 3.0 that the present one has no longer.
FORMER_FIELDS: frozenset[str] = frozenset(
    {
        *("incentive_counterparts", "journey_id", "passenger.over_18", "passenger.is_over_18"),
        *(f"{role}.{name}" for role in ROLES for name in ("start", "end", "incentives")),
        *(f"{role}.{name}" for role in ROLES for name in ("distance", "duration", "cost")),
        *("driver.payments", "driver.seats", "driver.contribution", "passenger.revenue", "duration"),
        *(f"{role}.identity.{name}" for role in ROLES for name in _PERSON if name != "phone"),
        *(f"{end}.{name}" for end in ENDS for name in ("insee", "literal", "country", "postcodes")),
    }
)

# Every column of ours that some layout can fill.
DECLARED: tuple[str, ...] = tuple(dict.fromkeys((*V2.sources, *V3.sources)))
