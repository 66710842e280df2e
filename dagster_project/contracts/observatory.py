"""What the public is told, and was told: tables of the lake, and the files of the open data (D-280 to D-289).

The lake keeps each edition for good: what has gone out is drawn from it, whatever changes or expires since.
The files say the same under French names. Not here: who may be told what (dbt/models/observatory).
"""

from collections.abc import Mapping
from typing import Any

import pandera.polars as pa
import polars as pl

from dagster_project.contracts.archive import K
from dagster_project.contracts.lake_table import Table, column

LEVELS = {
    "ensemble": "Ensemble",
    "departement": "Département",
    "epci": "EPCI",
    "commune": "Commune",
    "pays": "Pays étranger",
    "inconnu": "Lieu inconnu",
}
_MONTH = column(pl.Date, "First day of the month of the journeys' start, Europe/Paris.")
_TOLD_ON = column(pl.Date, "The night that told it.")
_BUSIEST = column(
    pl.Int64, "Journeys of whoever travelled most, as driver or passenger: never told, bounds corrections."
)


def _at_least_k(description: str) -> pa.Column:
    return column(pl.Int64, description, checks=pa.Check.ge(K))


_SUMS = {
    "journeys": _at_least_k("Valid journeys: a driver and a passenger."),
    "passenger_journeys": _at_least_k("Seats booked of these journeys."),
}
_CARS = {
    "car_trips": _at_least_k("Cars whose first journey starts there in that month."),
    "occupancy": column(pl.Decimal(9, 4), "Passenger journeys and cars, divided by cars."),
}
_METRES = {"passenger_m": column(pl.Int64, "Metres of passengers: distance times seats.")}


def _area(prefix: str = "") -> dict[str, pa.Column]:
    return {
        f"{prefix}level": column(
            pl.String, f"One of {', '.join(LEVELS)}.", checks=pa.Check.isin(tuple(LEVELS))
        ),
        f"{prefix}departement_code": column(
            pl.String, "Département (INSEE), or country abroad; null: all.", null=True
        ),
        f"{prefix}epci_code": column(
            pl.String, "EPCI (SIREN) within that département, or a commune without one.", null=True
        ),
        f"{prefix}commune_code": column(pl.String, "Commune (INSEE).", null=True),
        f"{prefix}is_rest": column(pl.Boolean, "Whether it is what is left of it beside its shown parts."),
        f"{prefix}name": column(pl.String, "Its name in that year; null: all.", null=True),
    }


PUBLIC_EDITIONS = Table(
    name="public_editions",
    zone="warehouse",
    grain="One row per month that was told to the public; writing it commits the edition, for good.",
    columns={
        "month_on": _MONTH,
        "business_date": _TOLD_ON,
        **_SUMS,
        **_CARS,
        **_METRES,
        "busiest_journeys": _BUSIEST,
    },
)
PUBLIC_TERRITORIES = Table(
    name="public_territories",
    zone="warehouse",
    grain="One row per month, territory in which journeys start, and rest of a territory, as it was told.",
    columns={
        "month_on": _MONTH,
        **_area(),
        **_SUMS,
        **_CARS,
        **_METRES,
        "persons_to_ten": column(pl.Int64, "Persons, drivers or passengers, to the nearest ten."),
    },
)
PUBLIC_FLOWS = Table(
    name="public_flows",
    zone="warehouse",
    grain="One row per month and way, from a territory (or rest) to a territory (or rest), as it was told.",
    columns={"month_on": _MONTH, **_area("origin_"), **_area("destination_"), **_SUMS, **_METRES},
)
PUBLIC_CORRECTIONS = Table(
    name="public_corrections",
    zone="warehouse",
    grain="One row per month and night that told its sums anew; the month's territories stay as first told.",
    columns=PUBLIC_EDITIONS.columns,
)
PUBLIC_CALLS = Table(
    name="public_calls",
    zone="warehouse",
    grain="One row per campaign and period whose fund calls have closed, looked at for good.",
    columns={
        "campaign_id": column(pl.String, "The campaign."),
        "period_start_on": column(pl.Date, "First day of the period of the fund calls."),
        "period_end_on": column(pl.Date, "Its last day."),
        "business_date": _TOLD_ON,
        "subsidised_journeys": column(
            pl.Int64, "Journeys of the period with an incentive; null: too few to be told.", null=True
        ),
        "incentive_cents": column(
            pl.Int64, "What its calls claim for drivers and passengers, cents; null: as above.", null=True
        ),
    },
)
OBSERVATORY = (PUBLIC_EDITIONS, PUBLIC_TERRITORIES, PUBLIC_FLOWS, PUBLIC_CORRECTIONS, PUBLIC_CALLS)


def _public_column(
    dtype: Any, name: str, description: str, *, null: bool = False, unit: str = ""
) -> pa.Column:
    return column(dtype, description, title=name, null=null, unit=unit)


def _place(ours: str, theirs: str, what: str) -> dict[str, pa.Column]:
    return {
        f"{ours}level": _public_column(pl.String, f"{theirs}niveau", f"{what} : {', '.join(LEVELS)}."),
        f"{ours}departement_code": _public_column(
            pl.String, f"{theirs}departement", "Code INSEE du département, ou du pays (99…).", null=True
        ),
        f"{ours}epci_code": _public_column(
            pl.String,
            f"{theirs}epci",
            "SIREN de l’EPCI, pour sa part dans ce département ; d’une commune sans EPCI, son code.",
            null=True,
        ),
        f"{ours}commune_code": _public_column(
            pl.String, f"{theirs}commune", "Code INSEE de la commune.", null=True
        ),
        f"{ours}is_rest": _public_column(
            pl.Boolean,
            f"{theirs}reste",
            "Vrai : ce qui reste de ce territoire à côté de ses parties qui sont montrées.",
        ),
        f"{ours}name": _public_column(pl.String, f"{theirs}nom", "Nom, l’année du mois.", null=True),
    }


_MOIS = {"month_on": _public_column(pl.Date, "mois", "Premier jour du mois de départ des trajets.")}
_TRAJETS = {
    "journeys": _public_column(
        pl.Int64, "trajets", "Trajets valides : un conducteur et un passager.", unit="trajets"
    ),
    "passenger_journeys": _public_column(
        pl.Int64, "trajets_passagers", "Sièges réservés de ces trajets.", unit="trajets passagers"
    ),
}
_VOITURES = {
    "car_trips": _public_column(
        pl.Int64, "voitures", "Voitures dont le premier trajet part de là.", unit="voitures"
    ),
    "occupancy": _public_column(
        pl.Decimal(9, 4), "occupation", "Personnes par voiture : (trajets passagers + voitures) / voitures."
    ),
}
_METRES_FR = {
    "passenger_m": _public_column(
        pl.Int64, "metres_passagers", "Distance déclarée multipliée par les sièges.", unit="mètres"
    )
}
TERRITORIES_FILE = Table(
    name="territoires",
    zone="exports",
    grain="territoires_<mois> : une ligne par territoire de départ, et par reste d’un territoire.",
    columns={
        **_MOIS,
        **_place("", "", "Territoire de départ"),
        **_TRAJETS,
        **_VOITURES,
        **_METRES_FR,
        "persons_to_ten": _public_column(
            pl.Int64,
            "personnes_a_dix_pres",
            "Conducteurs et passagers, chacun une fois, à la dizaine la plus proche ; ne s’additionnent pas.",
            unit="personnes",
        ),
    },
)
FLOWS_FILE = Table(
    name="flux",
    zone="exports",
    grain="flux_<mois> : une ligne par départ et arrivée ; leur somme est le mois.",
    columns={
        **_MOIS,
        **_place("origin_", "depart_", "Départ"),
        **_place("destination_", "arrivee_", "Arrivée"),
        **_TRAJETS,
        **_METRES_FR,
    },
)
CORRECTIONS_FILE = Table(
    name="corrections",
    zone="exports",
    grain="corrections : une ligne par mois dont l’ensemble a été redit, et jour où il l’a été.",
    columns={
        **_MOIS,
        "business_date": _public_column(
            pl.Date, "redit_le", "Nuit qui l’a redit, avec l’édition d’un autre mois."
        ),
        **_TRAJETS,
        **_VOITURES,
        **_METRES_FR,
    },
)
CALLS_FILE = Table(
    name="versements",
    zone="exports",
    grain="versements : une ligne par campagne et période dont les appels de fonds sont clos.",
    columns={
        "campaign_id": _public_column(pl.String, "campagne", "Identifiant de la campagne (campagnes.json)."),
        "period_start_on": _public_column(pl.Date, "periode_du", "Premier jour de la période."),
        "period_end_on": _public_column(pl.Date, "periode_au", "Dernier jour de la période."),
        "business_date": _public_column(pl.Date, "dit_le", "Nuit qui l’a dit."),
        "subsidised_journeys": _public_column(
            pl.Int64,
            "trajets_indemnises",
            "Trajets de la période qui ont une indemnité ; vide : trop peu pour être montrés.",
            null=True,
            unit="trajets",
        ),
        "incentive_cents": _public_column(
            pl.Int64,
            "indemnite_centimes",
            "Indemnité que demandent les appels de fonds, tous opérateurs ; vide : trop peu de trajets.",
            null=True,
            unit="centimes",
        ),
    },
)
FILES: Mapping[str, Table] = {
    table.name: table for table in (TERRITORIES_FILE, FLOWS_FILE, CORRECTIONS_FILE, CALLS_FILE)
}
