"""What an authority sees: of a journey CONVENTION annexe 3's columns, under its names, and no other.

Of a breach of shared costs (JURIDIQUE étape 6): whose it is, under these names again, and amounts. A column's
title is its name in workbooks. Not here: what other files that go out hold (exports).
"""

import pandera.polars as pa
import polars as pl

from dagster_project.contracts.lake_table import INSTANT, Table, column

CENTS, UTC, WGS = "centimes d’euro", "temps universel (UTC)", "degrés WGS 84"


def _place(end: str, name: str) -> dict[str, pa.Column]:
    return {
        f"{end}.insee": column(
            pl.String, f"Code INSEE de la commune {name} ; 99xxx pour un pays.", title=f"Code INSEE {name}"
        ),
        f"{end}.postcode": column(
            pl.String,
            f"Codes postaux de la commune {name}, séparés par | ; vide à l’étranger.",
            null=True,
            title=f"Codes postaux {name}",
        ),
        f"{end}.town": column(
            pl.String,
            f"Nom de la commune {name} ; à l’étranger, de la localité la plus proche, ou du pays.",
            title=f"Commune {name}",
        ),
        f"{end}.lat": column(
            pl.Float64, f"Latitude {name}, tronquée.", null=True, title=f"Latitude {name}", unit=WGS
        ),
        f"{end}.lon": column(
            pl.Float64, f"Longitude {name}, tronquée.", null=True, title=f"Longitude {name}", unit=WGS
        ),
    }


AUTHORITY_JOURNEYS = Table(
    name="authority_journeys",
    zone="exports",
    grain="Une ligne par trajet passager.",
    columns={
        "journey_id": column(
            pl.String,
            "Trajet passager : identifiant donné par l’opérateur s’il relève d’une campagne de l’autorité, "
            "sinon pseudonyme propre à l’autorité.",
            title="Identifiant du trajet",
        ),
        "operator_journey_id": column(
            pl.String,
            "Commun aux trajets passagers d’une même voiture ; même règle que journey_id.",
            title="Trajet conducteur",
        ),
        "passenger.id": column(
            pl.String, "Passager : pseudonyme propre à l’autorité, stable.", title="Passager"
        ),
        "driver.id": column(
            pl.String, "Conducteur : pseudonyme propre à l’autorité, stable.", title="Conducteur"
        ),
        "operator_class": column(
            pl.String, "Classe de preuve.", checks=pa.Check.isin(["A", "B", "C"]), title="Classe"
        ),
        "start.datetime": column(INSTANT, "Départ : début du quart d’heure.", title="Départ", unit=UTC),
        "end.datetime": column(INSTANT, "Arrivée : début du quart d’heure.", title="Arrivée", unit=UTC),
        **_place("start", "de départ"),
        **_place("end", "d’arrivée"),
        "passenger.seats": column(
            pl.Int64, "Sièges réservés par le passager.", checks=pa.Check.ge(1), title="Places"
        ),
        "passenger.contribution": column(
            pl.Int64,
            "Coût réel du service pour le passager, toutes incitations déduites.",
            title="Contribution passager",
            unit=CENTS,
        ),
        "driver.revenue": column(
            pl.Int64,
            "Somme réellement perçue par le conducteur, commission déduite.",
            title="Revenu conducteur",
            unit=CENTS,
        ),
        "operator": column(
            pl.String, "Opérateur de covoiturage qui a organisé le trajet.", title="Opérateur"
        ),
        "incentives": column(
            pl.String,
            "Incitations déclarées par l’opérateur : tableau JSON (index : ordre d’application, siret : "
            "financeur, amount : centimes d’euro) ; un classeur les dit dans leur ordre, montant (SIRET).",
            title="Incitations déclarées",
        ),
    },
)

AUTHORITY_SHARED_COSTS = Table(
    name="authority_shared_costs",
    zone="exports",
    grain="Une ligne par dépassement : d’un passager, d’un conducteur ou d’une voiture.",
    columns={
        "operator": AUTHORITY_JOURNEYS.columns["operator"],
        "qui": column(
            pl.String, "De qui : passager, conducteur, ou voiture (tous ses occupants).", title="De qui"
        ),
        "constat": column(pl.String, "Ce qui dépasse.", title="Constat"),
        "journey_id": column(
            pl.String,
            "Trajet passager, comme à l’annexe 3 ; vide pour un conducteur ou une voiture.",
            null=True,
            title="Identifiant du trajet",
        ),
        "operator_journey_id": column(
            pl.String, "La voiture, comme à l’annexe 3.", title="Trajet conducteur"
        ),
        "end.datetime": column(
            INSTANT,
            "Arrivée du premier passager de la voiture : début du quart d’heure.",
            title="Arrivée",
            unit=UTC,
        ),
        "indemnite_de_l_autorite": column(
            pl.Int64,
            "Ce que les campagnes de l’autorité donnent pour ces trajets.",
            title="Indemnité de l’autorité",
            unit=CENTS,
        ),
        "recu": column(pl.Int64, "Ce que la limite borne, de tous les financeurs.", title="Reçu", unit=CENTS),
        "limite": column(pl.Int64, "Part des frais, ou tous les frais.", title="Limite", unit=CENTS),
        "calcul_de_la_limite": column(
            pl.String,
            "Chaque tronçon, divisé par le nombre de personnes à bord où c’est une part.",
            title="Calcul de la limite",
        ),
    },
)
