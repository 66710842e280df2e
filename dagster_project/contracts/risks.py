"""What could happen to persons whose journeys are held, and what is in the way (RGPD article 35), in French.

The impact assessment is made from it, from the processings, the terms and the archive's rule. A measure names
the test or the asset that holds it, so that the page cannot promise what nothing checks.
"""

from dataclasses import dataclass

from dagster_project.contracts.archive import K

SEVERITIES = ("négligeable", "limitée", "importante", "maximale")


@dataclass(frozen=True)
class Measure:
    """What is done, and what shows that it is: a test of the suite, or an asset of the night."""

    what: str
    shown_by: str


@dataclass(frozen=True)
class Risk:
    """A feared event: from whom, what it would do; severity and likelihood once the measures are there."""

    event: str
    sources: str
    impacts: str
    severity: str
    likelihood: str
    measures: tuple[Measure, ...]
    left: str  # what no measure takes away


RISKS = (
    Risk(
        "Quelqu’un lit la base active : qui voyage, quand, d’où, avec qui",
        "voleur d’un disque ou d’une copie, autre utilisateur de la machine, lecteur d’un journal",
        "domicile et habitudes connus, démarchage, surveillance d’un proche",
        "importante",
        "limitée",
        (
            Measure("bases chiffrées, sous deux clés que l’environnement donne", "tests/test_keys.py"),
            Measure("copies chiffrées sous une clé à elles", "tests/test_backup.py"),
            Measure("fichiers du seul utilisateur du service, sans vidage mémoire", "tests/test_disk.py"),
            Measure("aucune valeur dans les journaux, erreurs et métadonnées", "tests/test_failures.py"),
            Measure("pages de Dagster derrière un compte", "tests/test_ui.py"),
        ),
        "qui détient la clé de la base active et le disque lit tout ; les dépôts bruts sont en clair trente "
        "jours dans le dossier de leur opérateur",
    ),
    Risk(
        "Une autorité, ou celui à qui elle passe ses fichiers, reconnaît une personne",
        "agent d’une autorité qui connaît un trajet, deux autorités qui comparent leurs fichiers",
        "autres trajets de cette personne connus, sous son pseudonyme",
        "importante",
        "importante",
        (
            Measure(
                "le territoire et les campagnes de l’autorité seulement, annexe 3", "tests/test_archive.py"
            ),
            Measure("lieux tronqués, quarts d’heure, aucun nom ni téléphone", "tests/test_contracts.py"),
            Measure("pseudonymes propres à chaque autorité", "tests/test_archive.py"),
            Measure("retrait avec le trajet, douze mois après sa fin", "tests/test_retention.py"),
        ),
        "l’étape 5 demande des lieux et des heures assez fins pour payer : les exports ne sont pas anonymes, "
        "et la mesure le dit (docs/archive.md). Il revient à l’autorité d’en restreindre la diffusion",
    ),
    Risk(
        "L’archive rend une personne",
        "analyste désigné, autorité qui en retranche ce qu’elle a vu",
        "un trajet ancien attribué à quelqu’un",
        "limitée",
        "négligeable",
        (
            Measure(
                f"{K} trajets semblables au moins, dont personne n’a plus d’un sur {K}",
                "tests/test_archive.py",
            ),
            Measure(
                "la même règle après soustraction de ce que chaque autorité a vu", "tests/test_archive.py"
            ),
            Measure("mesure à chaque écriture ; rien n’est écrit au-delà du seuil", "archive/months"),
            Measure("une requête n’y atteint rien d’autre", "tests/test_archive_query.py"),
        ),
        f"un départ peut n’avoir qu’une destination ; l’attaquant se trompe au moins {K - 1} fois sur {K}",
    ),
    Risk(
        "Le public reconnaît une personne dans l’observatoire ou les données ouvertes",
        "n’importe qui, en soustrayant des nombres, des mois ou des éditions ; qui connaît des trajets",
        "un trajet d’un mois, d’un territoire à un autre, attribué à quelqu’un",
        "limitée",
        "négligeable",
        (
            Measure(
                f"{K} trajets et {K} voitures au moins, dont personne n’a plus d’un sur {K}",
                "exports/observatory",
            ),
            Measure(
                "tout nombre est une somme de mêmes groupes ; un adversaire soustrait ce qui est écrit",
                "tests/test_public_data.py",
            ),
            Measure("un mois dit ne change plus ; redit seulement d’assez loin", "tests/test_observatory.py"),
        ),
        "qui connaît déjà les trajets d’un groupe les en retranche, et peut trouver un trajet sans personne, "
        "jour ni heure",
    ),
    Risk(
        "Des données restent au-delà de leur terme, ou après une demande d’effacement",
        "nuit interrompue, copie restaurée, fichier oublié, même personne sous une autre écriture",
        "trajets utilisables contre la personne sans base légale",
        "importante",
        "négligeable",
        (
            Measure("chaque nuit efface, puis cherche dans tous les fichiers", "retention/retentions"),
            Measure("toutes les écritures d’un numéro sont une personne", "tests/test_one_person.py"),
            Measure("une copie restaurée refait ce qui a été demandé depuis", "tests/test_backup.py"),
            Measure("tuée n’importe où, la nuit suivante achève", "tests/test_chaos.py"),
        ),
        "une copie gardée hors du registre avec sa clé, et les fichiers déjà remis à une autorité",
    ),
    Risk(
        "Un trajet est faux ou changé : une personne paraît où elle n’était pas",
        "opérateur qui invente ou corrige, intrus qui réécrit des fichiers",
        "soupçon de fraude, incitation refusée, déplacement attribué",
        "limitée",
        "limitée",
        (
            Measure("signalements, seuils datés, décisions relues par une personne", "fraud/overview"),
            Measure("un motif neutre quand un autre opérateur est en cause", "tests/test_fraud_words.py"),
            Measure("argent clos signé, témoin hors de la maison", "tests/test_checkpoints.py"),
            Measure("rectification et limitation à la demande", "tests/test_person.py"),
        ),
        "le registre ne voit que ce que les opérateurs déclarent",
    ),
    Risk(
        "Les données disparaissent ou ne se lisent plus",
        "disque perdu, clé perdue, disque plein, coupure, erreur d’exploitation",
        "incitations impayées, droits auxquels on ne peut plus répondre",
        "limitée",
        "négligeable",
        (
            Measure("copie chaque jour, relue en partie, restaurée en essai", "tests/test_backup.py"),
            Measure("écriture entière ou pas du tout", "tests/test_chaos.py"),
            Measure("une clé manquante arrête la nuit avant tout effet", "tests/test_keys.py"),
            Measure("nuit surprenante arrêtée avant d’effacer", "tests/test_retention.py"),
        ),
        "sans la clé, une zone ne se lit plus : c’est aussi ce qui permet de la détruire",
    ),
)
