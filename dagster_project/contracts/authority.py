"""What an authority sees: of a journey CONVENTION annexe 3's columns, under its names, and no other.

Of a breach of shared costs (JURIDIQUE étape 6): whose it is, under these names again, and amounts.
"""

import pandera.polars as pa
import polars as pl

from dagster_project.contracts.lake_table import INSTANT, Table, column


def _place(end: str, name: str) -> dict[str, pa.Column]:
    return {
        f"{end}.insee": column(pl.String, f"Code INSEE de la commune {name} ; 99xxx pour un pays."),
        f"{end}.postcode": column(pl.String, "Codes postaux de cette commune, séparés par |.", null=True),
        f"{end}.town": column(
            pl.String, "Nom de cette commune ; à l’étranger, de la localité la plus proche, ou du pays."
        ),
        f"{end}.lat": column(pl.Float64, f"Latitude {name}, degrés WGS 84, tronquée.", null=True),
        f"{end}.lon": column(pl.Float64, f"Longitude {name}, degrés WGS 84, tronquée.", null=True),
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
        ),
        "operator_journey_id": column(
            pl.String, "Commun aux trajets passagers d’une même voiture ; même règle que journey_id."
        ),
        "passenger.id": column(pl.String, "Passager : pseudonyme propre à l’autorité, stable."),
        "driver.id": column(pl.String, "Conducteur : pseudonyme propre à l’autorité, stable."),
        "operator_class": column(pl.String, "Classe de preuve.", checks=pa.Check.isin(["A", "B", "C"])),
        "start.datetime": column(INSTANT, "Départ : début du quart d’heure, temps universel (UTC)."),
        "end.datetime": column(INSTANT, "Arrivée : début du quart d’heure, temps universel (UTC)."),
        **_place("start", "de départ"),
        **_place("end", "d’arrivée"),
        "passenger.seats": column(pl.Int64, "Sièges réservés par le passager.", checks=pa.Check.ge(1)),
        "passenger.contribution": column(pl.Int64, "Coût réel pour le passager, centimes d’euro."),
        "driver.revenue": column(pl.Int64, "Somme perçue par le conducteur, centimes d’euro."),
        "operator": column(pl.String, "Opérateur de covoiturage."),
        "incentives": column(
            pl.String,
            "Incitations déclarées par l’opérateur : tableau JSON (index : ordre d’application, siret : "
            "financeur, amount : centimes d’euro).",
        ),
    },
)

AUTHORITY_SHARED_COSTS = Table(
    name="authority_shared_costs",
    zone="exports",
    grain="Une ligne par dépassement : d’un passager, d’un conducteur ou d’une voiture.",
    columns={
        "operator": column(pl.String, "Opérateur de covoiturage."),
        "qui": column(pl.String, "De qui : passager, conducteur, ou voiture (tous ses occupants)."),
        "constat": column(pl.String, "Ce qui dépasse."),
        "journey_id": column(
            pl.String,
            "Trajet passager, comme à l’annexe 3 ; vide pour un conducteur ou une voiture.",
            null=True,
        ),
        "operator_journey_id": column(pl.String, "La voiture, comme à l’annexe 3."),
        "end.datetime": column(
            INSTANT, "Arrivée du premier passager de la voiture : début du quart d’heure, UTC."
        ),
        "indemnite_de_l_autorite": column(
            pl.Int64, "Ce que les campagnes de l’autorité donnent pour ces trajets, centimes d’euro."
        ),
        "recu": column(pl.Int64, "Ce que la limite borne, de tous les financeurs, centimes d’euro."),
        "limite": column(pl.Int64, "Part des frais, ou tous les frais, centimes d’euro."),
        "calcul_de_la_limite": column(
            pl.String, "Chaque tronçon, divisé par le nombre de personnes à bord où c’est une part."
        ),
    },
)
