"""Labels of anomaly and fraud: their codes, what operators read of them; the lake's tables about them.

Not here: thresholds, whether a label excludes (data/rules/fraud.yml), how each is found (dbt/models/fraud).
"""

from dataclasses import dataclass

import pandera.polars as pa
import polars as pl

from dagster_project.contracts.lake_table import INSTANT, OPERATOR, Table, column


@dataclass(frozen=True)
class Label:
    """A label: its key in data/rules/fraud.yml, its code, the thresholds it needs, its French words."""

    key: str
    code: str
    needs: frozenset[str]
    title: str
    sentence: str
    remedy: str
    is_of_journeys: bool = True


def _label(key: str, code: str, needs: str, title: str, sentence: str, remedy: str) -> Label:
    return Label(key, f"fraud_{code}", frozenset(needs.split()), title, sentence, remedy)


LABELS = (
    _label(
        *("recouvrement", "overlap", "secondes pour_cent", "Recouvrement"),
        "Une personne du trajet est au même moment dans une autre voiture de l'opérateur, sans y conduire.",
        "Vérifier les horaires ; regrouper les couples d'une même voiture sous un même operator_trip_id.",
    ),
    _label(
        *("recouvrement_inter_operateurs", "interoperator_overlap", "secondes pour_cent"),
        "Recouvrement entre opérateurs",
        "Une personne du trajet est dans la voiture d'un autre opérateur au même moment, sans y conduire.",
        "Vérifier les horaires et les identités ; un trajet réel se déclare chez un seul opérateur.",
    ),
    _label(
        *("trop_proche_inter_operateurs", "interoperator_too_close", "secondes"),
        "Trop proche d'un trajet d'un autre opérateur",
        "Le même couple vient d'arriver chez un autre opérateur.",
        "Déclarer chez un seul opérateur ; contester si les deux trajets sont réels.",
    ),
    _label(
        *("trop_nombreux_inter_operateurs", "interoperator_too_many", "nombre"),
        "Trop de trajets chez plusieurs opérateurs",
        "Une personne du trajet dépasse, tous opérateurs réunis, le nombre de voitures admis en un jour.",
        "Vérifier les identités ; contester si tous les trajets sont réels.",
    ),
    _label(
        *("vitesse_impossible", "speed", "km_h", "Vitesse impossible"),
        "La distance déclarée suppose une vitesse moyenne qu'aucune voiture ne tient.",
        "Vérifier la distance (mètres) et les horaires.",
    ),
    _label(
        *("teleportation", "teleportation", "km_h metres", "Téléportation"),
        "Une personne du trajet était trop loin, trop peu avant.",
        "Vérifier les positions, les horaires et les identités des deux trajets.",
    ),
    _label(
        *("segmentation", "segmentation", "secondes metres pour_cent", "Segmentation abusive"),
        "Le trajet prolonge celui que le même couple vient de finir : un trajet coupé en plusieurs.",
        "Déclarer un seul trajet, de la prise en charge à la dépose ; le premier morceau reste compté.",
    ),
    _label(
        *("groupe_simultane", "simultaneous_group", "nombre metres", "Groupe simultané"),
        "Plusieurs voitures sont parties à la même seconde, du même lieu, pour le même lieu.",
        "Vérifier que ces trajets ont eu lieu, et que chaque voiture a son operator_trip_id.",
    ),
    _label(
        *("permutation_de_roles", "role_swapping", "nombre", "Permutation de rôles"),
        "Une personne du trajet passe plusieurs fois de conducteur à passager dans la journée.",
        "Vérifier que ces trajets ont eu lieu.",
    ),
    _label(
        *("cercle_de_roles", "role_circle", "nombre", "Cercle de rôles"),
        "Trois personnes se conduisent l'une l'autre en cercle dans la journée.",
        "Vérifier que ces trajets ont eu lieu.",
    ),
    _label(
        *("identifiants_par_telephone", "ids_per_phone", "nombre", "Identifiants par téléphone"),
        "Un téléphone du trajet a plusieurs identifiants d'utilisateur.",
        "Vérifier ces comptes ; un compte par personne.",
    ),
    _label(
        *("telephones_par_identifiant", "phones_per_id", "nombre", "Téléphones par identifiant"),
        "Un identifiant d'utilisateur du trajet a plusieurs téléphones.",
        "Vérifier ce compte ; un téléphone par personne.",
    ),
    _label(
        *("repetition_identique", "repetition", "nombre", "Répétition identique"),
        "Le couple répète le même trajet, au mètre et à la seconde près, jour après jour.",
        "Envoyer les horaires et distances relevés, non ceux qui étaient prévus.",
    ),
)
# What operators and authorities read of a label that rests on another operator's journey, whichever it is.
# Else whoever invents a journey for a phone would learn when, where and with whom its owner travels.
NEUTRAL = _label(
    *("contradiction", "contradiction", "", "Contradiction"),
    "Ce trajet ne s'accorde pas avec ce que le registre sait par ailleurs.",
    "Vérifier les horaires, les positions, les identités et l'operator_trip_id ; contester auprès du "
    "registre, qui en connaît le détail, si le trajet est réel.",
)
# Of an operator's month, not of a journey.
ALERTS = (
    _label(
        *("taux_de_remplissage", "fill_rate", "nombre pour_cent", "Taux de remplissage"),
        "Les voitures du mois portent bien plus de passagers que d'ordinaire.",
        "Vérifier les operator_trip_id et les passagers.",
    ),
    _label(
        *("part_de_nuit", "night_share", "nombre pour_cent", "Part de nuit"),
        "Bien plus de départs qu'à l'ordinaire ont lieu de 23 h à 5 h.",
        "Vérifier les fuseaux horaires.",
    ),
    _label(
        *("volume", "volume", "nombre pour_cent", "Volume"),
        "Le mois compte bien plus de trajets que les trois précédents.",
        "Dire ce qui l'explique dans une note (data/notes).",
    ),
    _label(
        *("collisions_entre_operateurs", "collisions", "nombre pour_cent", "Collisions entre opérateurs"),
        "Trop de trajets du mois contredisent ceux d'autres opérateurs.",
        "Comparer ces trajets (`fraud.fraud_labels`) avec ceux des autres, demander les relevés à "
        "l'opérateur ; des trajets inventés pour savoir où est quelqu'un se voient ainsi.",
    ),
)
# What a reviewed decision sets aside by itself has no rule.
DECIDED = _label(
    *("decision", "decision", "", "Décision"),
    "Une décision motivée écarte ce trajet.",
    "Contester auprès de l'autorité ; la décision est datée et nommée par fonction.",
)
# By code: what the registry reads, and what documents say.
TITLES = {label.code: label.title for label in (*LABELS, DECIDED, NEUTRAL)}

_JOURNEY = column(pl.String, "The couple, unique per operator.", personal=True)
_CODE = column(pl.String, "The label: see contracts.labels.")
_MONTH = column(pl.Date, "First day of the month of departure, Europe/Paris.")

FRAUD_TRACES = Table(
    name="fraud_traces",
    zone="active",
    monthly=True,
    grain="One row per journey set aside and label: what, who, when (CONVENTION article 9, six months).",
    columns={
        "operator_id": OPERATOR,
        "operator_journey_id": _JOURNEY,
        "rule_code": _CODE,
        "start_on": column(pl.Date, "Local day of departure, Europe/Paris."),
        "end_at": column(INSTANT, "Instant of the end, UTC.", personal=True),
        "driver_identity_key": column(pl.String, "Internal pseudonym of the driver.", personal=True),
        "passenger_identity_key": column(pl.String, "Internal pseudonym of the passenger.", personal=True),
        "score": column(pl.Float64, "How much the label's rule measured.", null=True),
        "evidence": column(pl.String, "JSON: the other journeys.", personal=True),
        "set_aside_on": column(pl.Date, "The night that set it aside: six months of trace begin."),
        "lifted_on": column(pl.Date, "The night that no longer did.", null=True),
    },
)

FRAUD_VERDICTS = Table(
    name="fraud_verdicts",
    zone="active",
    monthly=True,
    grain="One row per journey set aside and label, once its month is final or its trace has ended.",
    columns={
        "operator_id": OPERATOR,
        "operator_journey_id": _JOURNEY,
        "rule_code": _CODE,
        "start_on": column(pl.Date, "Local day of departure, Europe/Paris."),
    },
)

FRAUD_UNJUDGED = Table(
    name="fraud_unjudged",
    zone="active",
    monthly=True,
    grain="One row per journey of a final month that was refused or hidden each night: none has judged it.",
    columns={
        "operator_id": OPERATOR,
        "operator_journey_id": _JOURNEY,
        "start_on": column(pl.Date, "Local day of departure, Europe/Paris, when it was not judged."),
    },
)

FRAUD_COUNTS = Table(
    name="fraud_counts",
    zone="warehouse",
    grain="One row per final month, operator and label, `all` for any; what comes late adds rows: they sum.",
    columns={
        "month_on": _MONTH,
        "operator_id": OPERATOR,
        "rule_code": _CODE,
        "accounts": column(pl.Int64, "Drivers and passengers set aside.", checks=pa.Check.ge(0)),
        "journeys": column(pl.Int64, "Journeys set aside.", checks=pa.Check.ge(0)),
        "drops": column(
            pl.String,
            "Of `all`: the drops whose journeys were judged, or written down as unjudged; spaces between.",
            null=True,
        ),
    },
)

FRAUD_DECISIONS = Table(
    name="fraud_decisions",
    zone="active",
    grain="One row per reviewed decision on a journey that the base knows.",
    columns={
        "operator_id": OPERATOR,
        "operator_journey_id": _JOURNEY,
        "rule_code": column(
            pl.String, "The label it is about; empty: the journey, whatever its labels.", null=True
        ),
        "effect": column(pl.String, "keep: counts again; exclude: set aside."),
        "decided_on": column(pl.Date, "The day of the decision."),
    },
)
