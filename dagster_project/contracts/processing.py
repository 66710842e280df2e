"""What is done with personal data, why, for whom and for how long (RGPD articles 30 and 15), in French.

The register of processing and the answer to whoever asks are made from it, from the terms and the tables.
"""

from dataclasses import dataclass

CONTROLLER = "Mission Incubateur de Services Numériques, Direction interministérielle du numérique (DINUM)"
CONTACT = "contact@covoiturage.beta.gouv.fr"
PURPOSE = (
    "Mission de service public visant à faciliter la distribution d’incitations, monétaires ou non, en "
    "faveur du covoiturage (JURIDIQUE, étapes 1 et 3)"
)
RIGHTS = (
    "Droits d’accès, de rectification et de suppression (JURIDIQUE, étape 1), limitation du traitement "
    f"(RGPD, article 18) : écrire à {CONTACT}. Réclamation : Commission nationale de l’informatique et des "
    "libertés (CNIL)."
)
SOURCE = (
    "Les opérateurs de covoiturage, avec le consentement recueilli dans leurs conditions générales "
    "(JURIDIQUE, étapes 1 et 2)"
)
TEAM = "équipe du registre"


@dataclass(frozen=True)
class Processing:
    """One activity: its purpose with the text it reads, tables, terms, and who receives what."""

    name: str
    purpose: str
    tables: tuple[str, ...]
    terms: tuple[str, ...]
    recipients: tuple[str, ...]
    also: str = ""  # what is held outside the tables


PROCESSINGS = (
    Processing(
        "Réception et contrôle des dépôts",
        "Lire les fichiers des opérateurs, répondre ligne par ligne (JURIDIQUE, étape 3)",
        ("drops", "findings", "rejected_rows", "answers"),
        ("drops", "rejected"),
        (TEAM, "opérateur : réponses sur ses seules lignes, sans valeur personnelle"),
        "fichiers bruts et réponses dans le dossier de chaque opérateur",
    ),
    Processing(
        "Preuve de covoiturage (base active)",
        "Attribuer une classe de confiance à un trajet réalisé (JURIDIQUE, étape 4.1)",
        ("journeys", "cancellations", "identities"),
        ("journeys", "copies"),
        (TEAM,),
        "copies chiffrées ; qui en restaure une refait d’abord ce que des personnes ont demandé depuis",
    ),
    Processing(
        "Calcul et justification des incitations",
        "Appels de fonds, commission, plafonds par personne (CONVENTION, articles 6 et 8, annexe 2)",
        ("settlements", "settled_before", "cap_uses"),
        ("journeys", "exports"),
        (TEAM, "autorité qui finance : appels de fonds et trajets sous pseudonyme", "opérateur bénéficiaire"),
        "le grand livre, qui ne désigne personne, suit les règles comptables ; un trajet dont le terme tombe "
        "avant l’échéance de paiement de son appel (CONVENTION, article 8.4) y est appelé sans rien qui "
        "désigne une personne, un lieu ou une heure",
    ),
    Processing(
        "Suivi des paiements",
        "Rapprocher des demandes ce que montrent les relevés bancaires des opérateurs (CONVENTION, articles "
        "8.1 et 8.4)",
        ("statements", "payments"),
        ("drops", "rejected"),
        (TEAM, "opérateur : ses seuls relevés", "autorité qui finance : ses seuls paiements"),
        "un relevé déposé nomme qui l’opérateur paie, un message de statut peut nommer un agent : ils sont "
        "supprimés dès qu’ils sont lus, et rien n’est gardé des lignes d’autres que les autorités",
    ),
    Processing(
        "Consultation du registre par les autorités",
        "Donner accès aux seules données nécessaires à la distribution des incitations (JURIDIQUE, "
        "étape 5 ; CONVENTION, annexe 3)",
        ("journeys",),
        ("exports",),
        (
            "autorité organisatrice : son territoire et ses campagnes, sous des pseudonymes propres à elle, "
            "lieux et horaires floutés ; dépassements des frais partagés des voitures dont ses campagnes ont "
            "tous les trajets",
        ),
        "fichiers de exports/, sous pseudonymes",
    ),
    Processing(
        "Contrôle et lutte contre la fraude",
        "Écarter du paiement, tracer six mois les trajets écartés (CONVENTION, article 9) ; les verdicts "
        "durent autant que leurs trajets",
        ("fraud_traces", "fraud_verdicts", "fraud_unjudged", "fraud_decisions", "kept_verdicts"),
        ("fraud", "journeys"),
        (TEAM, "autorité : nombres seulement (CONVENTION, annexe 4)"),
    ),
    Processing(
        "Archivage intermédiaire",
        "Statistiques, recherche en détection de fraude et en prospective des transports (JURIDIQUE, "
        "étape 4.2)",
        ("archived_journeys", "archived_carpoolers"),
        ("archive",),
        ("analystes désignés, par la clé propre à l’archive",),
        "données anonymes : six trajets semblables au moins, aucun lien entre ceux d’une personne",
    ),
    Processing(
        "Observatoire public et données ouvertes",
        "Informer chacun du covoiturage et de ce que l’argent public en paie, sans désigner personne (RGPD, "
        "article 5)",
        ("public_editions", "public_territories", "public_flows", "public_corrections", "public_calls"),
        ("journeys",),
        ("tout public : nombres d’au moins six trajets, page et fichiers",),
        "données anonymes, gardées pour toujours telles qu’elles ont été dites",
    ),
    Processing(
        "Attestations aux covoitureurs",
        "Permettre à une personne de réclamer une incitation à une collectivité, ou le forfait mobilités "
        "durables à son employeur (JURIDIQUE, étape 6)",
        ("attestations",),
        ("drops", "attestations", "journeys"),
        (
            TEAM,
            "opérateur qui demande, pour une personne dont il a transmis des trajets de la période ; par le "
            "numéro complet, il lit aussi les totaux de ses trajets chez d’autres",
            "la personne, et à qui elle remet son attestation",
        ),
        "demande et PDF dans le dossier de l’opérateur ; le PDF ne dit ni nom, ni numéro complet, ni lieu, "
        "ni jour d’un trajet",
    ),
    Processing(
        "Droits des personnes",
        "Répondre aux demandes et en garder la preuve (JURIDIQUE, étape 1 ; RGPD, articles 12 à 19)",
        ("requests", "restrictions", "erasures"),
        ("requests", "journeys"),
        (TEAM, "la personne elle-même"),
        "le registre des demandes ne garde que des empreintes à clé et des nombres",
    ),
)

# Categories of personal data, in the words of JURIDIQUE étape 3 where it has some; a test holds all are here.
CATEGORIES = {
    "lastname": "nom (facultatif)",
    "firstname": "prénom (facultatif)",
    "email": "adresse électronique (facultative)",
    "company": "employeur (facultatif)",
    "passenger_over_18": "majeur, mineur ou non renseigné",
    "travel_pass_name": "titre de transport (facultatif)",
    "travel_pass_user_id": "titre de transport (facultatif)",
    **dict.fromkeys(("start_lat", "start_lon", "end_lat", "end_lon"), "localisation de départ et d’arrivée"),
    **dict.fromkeys(("start_at", "end_at"), "horaire de départ et d’arrivée"),
    "phone": "numéro de téléphone complet, ou tronqué avec l’identifiant de l’opérateur",
    "phone_trunc": "numéro de téléphone complet, ou tronqué avec l’identifiant de l’opérateur",
    "operator_user_id": "numéro de téléphone complet, ou tronqué avec l’identifiant de l’opérateur",
    **dict.fromkeys(("operator_journey_id", "operator_trip_id"), "identifiants du trajet et de la voiture"),
    **dict.fromkeys(
        ("identity_key", "driver_identity_key", "passenger_identity_key", "whose_key", "person_digest"),
        "conducteur ou passager, sous pseudonyme interne",
    ),
    "facts_digest": "empreinte de ce dont dépend un montant",
    "evidence": "trajets qui en contredisent un autre",
    "raw": "ligne rejetée, telle que reçue",
    "value": "valeurs cherchées le temps d’un effacement",
}

ZONES = {
    "active": "base active : chiffrée au repos (AES-256-GCM) sous sa propre clé ; lue par le traitement seul",
    "archive": "archive : chiffrée au repos (AES-256-GCM) sous une autre clé ; analystes désignés seulement",
    "warehouse": "grand livre, registres et référentiels : aucun identifiant direct",
}

SECURITY = (
    "Chiffrement au repos des bases active et archive, sous deux clés distinctes, données par "
    "l’environnement ou des fichiers en mode 0600 ; changement et destruction par `entrepot keys`.",
    "Fichiers lisibles du seul utilisateur du service, sans vidage mémoire ; chaque opérateur n’accède qu’à "
    "son dossier, dont rien n’est relu que ce qu’il dépose (docs/deploiement.md).",
    "Pseudonymes internes par empreinte à clé (HMAC-SHA256) ; pseudonymes propres à chaque autorité, sans "
    "lien entre eux.",
    "Lieux tronqués selon la densité, horaires par quart d’heure dans ce que voient les autorités.",
    "Aucune valeur personnelle dans les journaux, messages d’erreur et métadonnées.",
    "Chaque nuit, ce qui a atteint son terme est effacé, fichiers réécrits, puis cherché dans tous les "
    "fichiers ; le résultat est inscrit au registre `retentions`.",
    "Le risque de réidentification de l’archive est mesuré à chaque écriture (docs/archive.md).",
)
