"""The columns of the sheet "Trajets": order, French header, technical name, unit, meaning, article.

The first 22 are annex 3's, under its names; the others explain the amounts. A new column of the sheet is
one line here: widths, legend and formulas follow.
"""

from dataclasses import dataclass

from dagster_project.reports.shared.counts import DEFINITIONS

ANNEX, TARIFF, FEE, BUDGET, NONE = "data", "tariff", "fee", "budget", ""
LOCAL = "Horaires (heure de Paris)"


@dataclass(frozen=True)
class Column:
    """One column. `name`: in the frame. `kind`: how a cell is written. `article`: a field of `Articles`."""

    name: str
    header: str
    technical: str
    group: str
    kind: str
    unit: str
    meaning: str
    article: str = ANNEX


def _place(end: str, group: str, word: str) -> tuple[Column, ...]:
    """The five columns of one end of the journey; `word` reads "de départ"."""
    return (
        Column(f"{end}_commune_code", "Code INSEE", f"{end}.insee", group, "text", "code",
               f"Code officiel de la commune {word} ; à l’étranger, code INSEE du pays (99140 : Suisse)."),
        Column(f"{end}_postcodes", "Code postal", f"{end}.postcode", group, "codes", "code",
               f"Codes postaux de la commune {word} ; vide à l’étranger."),
        Column(f"{end}_commune_name", "Commune", f"{end}.town", group, "text", "texte",
               f"Nom de la commune {word} ; à l’étranger, de la localité la plus proche, ou du pays."),
        Column(f"{end}_lat", "Latitude", f"{end}.lat", group, "degrees", "degrés WGS 84",
               f"Latitude du point {word}, tronquée."),
        Column(f"{end}_lon", "Longitude", f"{end}.lon", group, "degrees", "degrés WGS 84",
               f"Longitude du point {word}, tronquée."),
    )  # fmt: skip


COLUMNS: tuple[Column, ...] = (
    Column("journey_id", "Identifiant du trajet", "journey_id", "Trajet", "text", "identifiant",
           "Identifiant unique de la ligne, donné par l’opérateur."),
    Column("operator_trip_id", "Trajet conducteur", "operator_journey_id", "Trajet", "text", "identifiant",
           "Identifiant commun aux trajets passagers d’un même trajet conducteur."),
    Column("driver_id", "Conducteur", "driver.id", "Trajet", "text", "pseudonyme",
           "Pseudonyme du conducteur, propre à l’autorité destinataire."),
    Column("passenger_id", "Passager", "passenger.id", "Trajet", "text", "pseudonyme",
           "Pseudonyme du passager, propre à l’autorité destinataire."),
    Column("operator_class", "Classe", "operator_class", "Trajet", "code", "A, B ou C",
           "Classe de preuve du trajet."),
    Column("start_slot_at", "Départ", "start.datetime", LOCAL, "instant", "date et heure",
           "Début du quart d’heure dans lequel le trajet a commencé, à l’heure de Paris."),
    Column("end_slot_at", "Arrivée", "end.datetime", LOCAL, "instant", "date et heure",
           "Début du quart d’heure dans lequel le trajet s’est terminé, à l’heure de Paris."),
    *_place("start", "Départ", "de départ"),
    *_place("end", "Arrivée", "d’arrivée"),
    Column("seats", "Places", "passenger.seats", "Données financières du trajet", "places", "places",
           "Nombre de sièges réservés par le passager."),
    Column("passenger_contribution_cents", "Contribution passager (€)", "passenger.contribution",
           "Données financières du trajet", "euros", "€",
           "Coût réel du service pour le passager, toutes incitations déduites."),
    Column("driver_revenue_cents", "Revenu conducteur (€)", "driver.revenue",
           "Données financières du trajet", "euros", "€",
           "Somme réellement perçue par le conducteur, commission déduite."),
    Column("operator_name", "Opérateur", "operator", "Données financières du trajet", "text", "texte",
           "Opérateur de covoiturage qui a organisé le trajet."),
    Column("declared_incentives", "Incitations déclarées", "incentives", "Données financières du trajet",
           "incentives", "texte", "Incitations déclarées, dans leur ordre : montant (SIRET du financeur)."),
    Column("billed_m", "Distance facturée (km)", "billed_km", "Montants de l’appel de fonds", "tenths", "km",
           "Distance retenue pour le calcul de l’indemnité ; tranche et seuils se lisent sur la distance "
           "déclarée, que le registre garde.", TARIFF),
    Column("band", "Tranche", "tariff_band", "Montants de l’appel de fonds", "places", "numéro",
           "Tranche du tarif, dernière atteinte, par son numéro dans la feuille « Récapitulatif ».", TARIFF),
    Column("tariff_cents", "Indemnité du tarif (€)", "incentive_tariff", "Montants de l’appel de fonds",
           "euros", "€", "Indemnité du trajet d’après le tarif, avant tout plafond.", TARIFF),
    Column("capped_cents", "Indemnité due (€)", "incentive_due", "Montants de l’appel de fonds",
           "euros", "€", "Indemnité du trajet après les plafonds, avant celui du budget.", TARIFF),
    Column("incentive_cents", "Indemnité (€)", "incentive", "Montants de l’appel de fonds", "euros", "€",
           "Indemnité demandée pour le trajet, après application du plafond du budget.", BUDGET),
    Column("payee", "Versée au", "payee", "Montants de l’appel de fonds", "text", "texte",
           "Qui reçoit l’indemnité : le conducteur, le passager, ou les deux et ce qu’en a le passager.",
           TARIFF),
    Column("fee_ex_vat_cents", "Commission HT (€)", "fee_ex_vat", "Montants de l’appel de fonds", "euros",
           "€", "Commission Plateforme du trajet, hors taxe.", FEE),
    Column("vat_cents", "TVA (€)", "vat", "Montants de l’appel de fonds", "euros", "€",
           "Taxe sur la valeur ajoutée de la Commission Plateforme.", FEE),
    Column("nature", "Nature", "nature", "Montants de l’appel de fonds", "text", "texte",
           "« trajet » de la période, ou « régularisation » d’une période déjà close.", NONE),
    Column("status", "Suite donnée", "status", "Montants de l’appel de fonds", "text", "texte",
           "Payé, écrêté ou non subventionné, avec le motif.", NONE),
)  # fmt: skip

RULES: tuple[str, ...] = (
    "Une ligne de la feuille « Trajets » réunit un conducteur et un passager, avec ses places.",
    *DEFINITIONS,
    "Les heures sont ramenées au début du quart d’heure, à l’heure de Paris ; le fichier Parquet les donne "
    "en temps universel (UTC).",
    "Les coordonnées sont tronquées à trois décimales dans les communes de plus de 40 habitants au km², "
    "à deux décimales ailleurs.",
    "Les identifiants des personnes sont des pseudonymes propres à l’autorité destinataire : ils ne "
    "permettent ni d’identifier une personne, ni de rapprocher les données de deux autorités.",
    "Les montants de la première feuille et de la feuille « Récapitulatif » sont calculés par des formules "
    "sur la feuille « Trajets », arrondis au centime.",
)


def letter(name: str) -> str:
    """The sheet's column letter of a frame column: "seats" → "R". Raises ValueError on an unknown name."""
    index = [column.name for column in COLUMNS].index(name)
    return chr(65 + index) if index < 26 else f"A{chr(65 + index - 26)}"
