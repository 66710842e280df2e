"""Small random campaigns and journeys that meet their bounds, many at a time."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import polars as pl

from dagster_project.campaigns.compile.rules import rule_rows
from dagster_project.campaigns.language.model import Campaign
from dagster_project.simulation.evaluate import CODES, FACTS

PER_YEAR = 100  # campaigns that share a year, so that one build is not every campaign × every journey
_CODES = {"commune": ["c1", "c2", "c3"], "epci": ["e1", "e2"], "aom": ["a1"], "pays": ["XXXXX", "99100"]}
_ENDS = [
    {"commune": "c1", "city": "c1", "epci": "e1", "aom": "a1", "departement": "01", "region": "84", "country": "XXXXX", "lat": 48.0, "lon": 2.0},
    {"commune": "c2", "city": "c2", "epci": "e1", "aom": None, "departement": "01", "region": "84", "country": "XXXXX", "lat": 48.0, "lon": 2.01},
    {"commune": "c3", "city": "c3", "epci": "e2", "aom": "a1", "departement": "74", "region": "84", "country": "XXXXX", "lat": 48.02, "lon": 2.0},
    {"commune": "99100", "city": None, "epci": None, "aom": None, "departement": None, "region": None, "country": "99100", "lat": None, "lon": None},
]  # fmt: skip
# The second end lies 744.03 m from the first, the third 2 223.90 m; two of them are on the rectangle's border.
_RECTANGLE = [[1.9, 47.9], [2.0, 47.9], [2.0, 48.02], [1.9, 48.02], [1.9, 47.9]]
_RADII_M = [744, 745, 2_223, 2_224]
_METRES = [0, 1_000, 2_000, 5_000, 10_050, 20_000, 33_333]


def campaign(random: Random, number: int) -> Campaign:
    """A campaign in a year of its own and ninety-nine others, for operators that only its journeys name."""
    year = 2001 + number // PER_YEAR
    operators = [f"op_{number}", f"other_{number}"]
    territories: dict[str, Any] = {f"t{i}": _selector(random) for i in range(2)}
    days = [f"{year}-{random.choice((3, 10)):02}-{random.randint(24, 28)}" for _ in range(4)]
    make = _Maker(random, sorted(days), operators)
    if random.random() < 0.25:
        territories["t1"] = [territories["t1"], _selector(random) | {"du": make.days[1]}]
    lists = random.choice(["tous", make.lists(year, days[3]), make.lists(year, days[3])])
    tests = [make.condition(2) | {"nom": f"test_{i}"} | make.period() for i in range(random.randint(0, 2))]
    caps = [make.cap() | {"nom": f"cap_{i}"} for i in range(random.randint(0, 4))]
    given: dict[str, Any] = {
        "id": f"c_{number}",
        "nom": "x",
        "autorite": "xx",
        "convention": "x",
        "beneficiaire": "conducteur",
        "fuseau": random.choice(["Europe/Paris", "Europe/Paris", "UTC", "America/Cayenne"]),
        "periode": {
            "du": f"{year}-02-{random.randint(1, 28):02}",
            "au": f"{year}-11-{random.randint(1, 30):02}",
        },
        "operateurs": lists,
        "territoires": territories,
        # Other campaigns of the year have other operators: none of theirs, where the file means any.
        "eligibilite": [*tests, *([{"nom": "siens", "operateurs": operators}] if lists == "tous" else [])],
        "tarif": make.tariff(),
        "plafonds": caps,
        "budget": make.budget(year),
        "appels_de_fonds": {"rythme": "trimestriel"},
    }
    if random.random() < 0.3:
        given["perimetre"] = {"territoire": "t0"}
    if random.random() < 0.5:
        given["commission"] = {
            "par": random.choice(["trajet", "siege"]), "centimes_ht": random.choice([0, 33, 50]),
            "sans_test": [test["nom"] for test in tests if random.random() < 0.5],
        } | random.choice([{"tva_pourcent": "20"}, {"tva_pourcent": "8.5"}, {"tva": "hors_champ"}])  # fmt: skip
    if random.random() < 0.2:
        given["fuseau_des_plafonds"] = "UTC"
    made = Campaign.model_validate(given)
    try:
        rule_rows([made])
    except ValueError:  # more conditions than a file may have: about one in 3 000
        return campaign(random, number)
    return made


def journeys(random: Random, number: int, count: int) -> list[dict[str, Any]]:
    """Journeys of a campaign's operators, on its bounds, in few days so that windows fill up."""
    year = 2001 + number // PER_YEAR
    day = datetime(year, random.choice([3, 10]), 25, tzinfo=UTC)
    made = []
    for i in range(count):
        ends = {"start": random.choice(_ENDS), "end": random.choice(_ENDS)}
        start_at = day + timedelta(
            days=random.randint(-1, 7), minutes=random.choice([0, 59, 60, 420, 1_380, 1_439])
        )
        made.append(
            {
                "operator_id": random.choice([f"op_{number}"] * 4 + [f"other_{number}"]),
                "operator_journey_id": f"{number}-{i}",
                "operator_trip_id": f"trip{random.randint(0, 2)}",
                "operator_class": random.choice("ABCC"),
                "start_at": start_at,
                "distance_m": max(random.choice(_METRES) + random.choice([-1, 0, 0, 1, 450]), 1),
                "seats": random.choice([None, 0, 1, 1, 2, 3]),
                "driver_identity_key": f"d{random.randint(0, 1)}",
                "passenger_identity_key": random.choice(["p0", "p1", None]),
                "passenger_over_18": random.choice([True, False, None]),
                "passenger_contribution_cents": random.choice([None, 0, 1, 50, 250]),
                "driver_revenue_cents": random.choice([None, 0, 180]),
                **{f"{end}_{name}": value for end, of_end in ends.items() for name, value in of_end.items()},
            }
        )
    return made


def frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Journeys as the engine takes them."""
    codes = {f"{end}_{code}": pl.String for end in ("start", "end") for code in CODES}
    return pl.DataFrame(rows, schema=FACTS | codes)


def _selector(random: Random) -> dict[str, Any]:
    levels = random.sample(sorted(_CODES), random.randint(1, 2))
    codes = {level: random.sample(_CODES[level], random.randint(1, len(_CODES[level]))) for level in levels}
    if random.random() < 0.7:
        return codes
    circle = {"cercle": {"lat": 48.0, "lon": 2.0, "rayon_m": random.choice(_RADII_M)}}
    rectangle = {"polygone": {"type": "Polygon", "coordinates": [_RECTANGLE]}}
    return random.choice([circle, rectangle, circle | rectangle, circle | codes, rectangle | codes])


class _Maker:
    def __init__(self, random: Random, days: list[str], operators: list[str]) -> None:
        self.random, self.days, self.operators = random, days, operators

    def period(self) -> dict[str, Any]:
        first, last = self.random.choice([(None, None), (None, None), (0, 2), (1, None), (None, 1)])
        found = {"du": self.days[first]} if first is not None else {}
        end = self.random.choice(["au", "avant"])
        return found | (
            {end: self.days[last]} if last is not None and self.days[last] != found.get("du") else {}
        )

    def condition(self, depth: int) -> dict[str, Any]:
        random = self.random
        territory = random.choice(["t0", "t1"])
        choices: list[dict[str, Any]] = [
            {"origine": territory}, {"destination": territory}, {"origine_et_destination": territory},
            {"origine_ou_destination": territory}, {"meme_zone_de": territory},
            {"meme_code": {"niveau": random.choice(["aom", "epci"]), "sauf": random.choice([[], ["e1"], ["a1"]])}},
            {"operateurs": self.operators[:1]}, {"classes": random.choice([["C"], ["B", "C"]])},
            {"distance": random.choice([{"min_m": 2_000}, {"max_m": 20_001}, {"min_m": 1_000, "max_m": 20_000}])},
            {"sieges": random.choice([{"min": 2}, {"max": 2}])},
            {"passager_majeur": random.choice(["non_mineur", "majeur_declare"])},
            {"contribution": random.choice([{"min_centimes": 1}, {"max_centimes": 50}])},
            {"jours": random.sample(["lundi", "mardi", "samedi", "dimanche"], 2)},
            {"heures": [{"de": "07:00", "a": "09:00"}, {"de": "23:00", "a": "24:00"}]},
            {"mois": [random.choice([3, 10])]},
            {"dates": [self.days[0], {"du": self.days[1], "au": self.days[2]}]},
        ]  # fmt: skip
        chosen = random.choice(choices) | (random.choice(choices) if random.random() < 0.2 else {})
        if depth and random.random() < 0.4:
            inner = [self.condition(depth - 1) | self.period() for _ in range(2)]
            chosen = random.choice([{"sauf": inner[0]}, {"toutes": inner}, {"une_de": inner}])
        return chosen

    def cap(self) -> dict[str, Any]:
        random = self.random
        counts = random.choice(["trajets", "sieges", "centimes"])
        windows = ["jour", "semaine", "mois", "trimestre", "annee", "campagne"]
        return self.period() | {
            "compte": counts,
            "par": random.choice(["conducteur", "passager", "trajet_conducteur", "campagne"]),
            "fenetre": random.choice(windows),
            "maximum": random.choice([0, 150, 333, 500, 1_000])
            if counts == "centimes"
            else random.randint(0, 4),
            **({"fuseau": random.choice(["UTC", "Pacific/Auckland"])} if random.random() < 0.3 else {}),
            **({"quand": self.condition(0)} if random.random() < 0.2 else {}),
        }

    def lists(self, year: int, day: str) -> list[dict[str, Any]]:
        later = self.random.choice([self.operators, self.operators[:1]])
        return [{"du": f"{year}-01-01", "liste": self.operators}, {"du": day, "liste": later}]

    def budget(self, year: int) -> dict[str, Any]:
        random = self.random
        covered = ["incitation"] + (["commission_ttc"] if random.random() < 0.5 else [])
        changes = [
            {"du": f"{year}-{month:02}-01", "euros": random.choice(["3.00", "7.50", "20", "aucun"])}
            for month in sorted(random.sample([3, 4, 10, 11], random.choice([0, 0, 1, 3])))
        ]
        return {
            "euros": random.choice(["5.00", "12.34", "1000", "5.00", "12.34", "1000", "aucun"]),
            "couvre": covered,
            "avenants": changes,
        }

    def share(self, depth: int) -> dict[str, Any]:
        random = self.random
        made: dict[str, Any] = random.choice(
            [
                {"centimes": random.choice([0, 50, 200])},
                {"centimes_par_km": random.choice(["10", "12.5", "0.1"])},
            ]
        )
        if "centimes_par_km" in made and random.random() < 0.3:
            made |= {"km_depuis_m": 1_500, "km_jusqu_a_m": 25_000}
        if depth and random.random() < 0.3:
            made = {random.choice(["minimum_de", "somme"]): [self.share(depth - 1) for _ in range(2)]}
        return made | ({"par": random.choice(["trajet", "siege"])} if random.random() < 0.3 else {})

    def bands(self) -> dict[str, Any]:
        bounds = sorted(self.random.sample(_METRES, self.random.randint(2, 4)))
        ends = [*bounds[1:], self.random.choice([None, 50_000])]
        bands = [{"de_m": start, "a_m": end} | self.share(2) for start, end in zip(bounds, ends, strict=True)]
        return {"mode": self.random.choice(["unique", "cumul"]), "tranches": bands}

    def tariff(self) -> dict[str, Any]:
        random = self.random
        made: dict[str, Any] = {
            "par": random.choice(["trajet", "siege"]),
            "distance_facturee": {"arrondi_m": random.choice([1, 1, 100, 1_000])},
        }
        if random.random() < 0.6:
            made |= self.bands()
        else:
            condition = self.condition(1)
            second = {"sauf": condition} if random.random() < 0.8 else self.condition(0)
            made["tables"] = [
                {"nom": "une"} | condition | self.bands(),
                {"nom": "deux"} | second | self.bands(),
            ]
        steps: list[dict[str, Any]] = [
            {"plancher_centimes": 150}, {"plafond_centimes": 300, "par": "trajet"}, {"multiplier": "1.5"},
            {"multiplier": "1.25", "cumulable": True}, {"multiplier": "0.75"},
            {"porter_a": "revenu_conducteur"}, {"deduire": "contribution_passager"},
        ]  # fmt: skip
        made["ajustements"] = [
            step | ({"quand": self.condition(0)} if random.random() < 0.5 else {})
            for step in random.sample(steps, random.randint(0, 3))
        ]
        return made
