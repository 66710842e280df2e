"""Attestations for carpoolers (JURIDIQUE étape 6): what a request holds, why it goes back, what was given."""

import polars as pl

from dagster_project.contracts.lake_table import OPERATOR, Table, column
from dagster_project.contracts.reason_code import Rule

MOST_PERSONS = 1_000  # of a request
MOST_REQUESTS = 10  # of an operator in a night; the rest waits for the next

COLUMNS = ("telephone", "telephone_tronque", "identifiant", "du", "au", "usage")
USAGES = {
    "incitation": "Incitation d’une autorité organisatrice",
    "forfait_mobilites_durables": "Forfait mobilités durables (employeur)",
}

REQUEST_RULES = (
    Rule(
        "request_columns",
        "Ce n'est pas une demande d'attestation lisible : {detail}.",
        f"Écrire un CSV en UTF-8 (; ou ,) avec l'en-tête {';'.join(COLUMNS)}, puis une ligne par personne ; "
        "la première colonne, ou les deux suivantes, peuvent manquer.",
    ),
    Rule(
        "request_too_large",
        f"La demande nomme plus de {MOST_PERSONS} personnes, ou dépasse un mégaoctet.",
        "La partager en plusieurs fichiers.",
    ),
    Rule(
        "request_cells",
        "La ligne n'a pas autant de cellules que l'en-tête.",
        "Vérifier le séparateur et les guillemets de cette ligne.",
    ),
    Rule(
        "request_person",
        "La personne n'est pas nommée, ou l'est de deux façons.",
        "Donner soit telephone, soit telephone_tronque et identifiant ; laisser le reste vide.",
    ),
    Rule(
        "request_phone",
        "Le numéro ne se lit pas.",
        "Écrire +33639980123 ou 06 39 98 01 23, cellule au format texte ; sans les deux derniers chiffres "
        "dans telephone_tronque.",
    ),
    Rule("request_day", "Le jour ne se lit pas.", "Écrire 2021-03-01 ou 01/03/2021."),
    Rule("request_order", "La période finit avant de commencer.", "Échanger du et au."),
    Rule(
        "request_future",
        "La période n'est pas finie : elle va au-delà du {detail}, jour du traitement.",
        "Demander jusqu'à ce jour au plus tard.",
    ),
    Rule(
        "request_beyond_base",
        "La base garde les trajets douze mois : elle ne tient plus rien d'avant le {detail}.",
        "Demander à partir de ce jour, ou d'un jour plus récent si la demande attend.",
    ),
    Rule("request_usage", "L'usage n'est pas connu.", f"Écrire {' ou '.join(USAGES)}."),
)
# The request is right, and nothing can be attested.
REFUSALS = (
    Rule(
        "attestation_nothing_known",
        "Le registre ne tient aucun trajet valide, transmis par vous, de cette personne sur cette période.",
        "Vérifier le numéro, l'identifiant et la période ; suivi_des_trajets.csv dit ce qui tient contre vos "
        "trajets.",
    ),
    Rule(
        "attestation_limited",
        "Le traitement des données de cette personne est limité (RGPD, article 18) : rien n'est attesté.",
        "La personne peut s'adresser au registre ; redemander une fois la limitation levée.",
    ),
)

ATTESTATIONS = Table(
    name="attestations",
    zone="active",
    grain="One row per attestation and request that it answered; goes with the last journey that it counts.",
    columns={
        "code": column(pl.String, "Its verification code: names it, and nobody."),
        "operator_id": OPERATOR,
        "drop_id": column(pl.String, "The request: operator and first 16 hex digits of its SHA-256."),
        "person_digest": column(pl.String, "Keyed digest of the identity key asked for.", personal=True),
        "usage": column(pl.String, "What it is for: incitation or forfait_mobilites_durables."),
        "first_on": column(pl.Date, "First day of its period."),
        "last_on": column(pl.Date, "Last day of its period."),
        "content_digest": column(pl.String, "SHA-256 of what it counts."),
        "issued_on": column(pl.Date, "The day it bears."),
        "delivered_on": column(pl.Date, "The night that laid it into feedback/."),
        "last_ended_on": column(pl.Date, "Local day on which the last journey that it counts ended."),
        "pdf_sha256": column(pl.String, "SHA-256 of its PDF."),
    },
)
