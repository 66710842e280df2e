"""Why a journey that the registry holds is not valid, or counts for less than declared: sentence, remedy.

When each rule is in force, and its thresholds, stand in data/rules/acceptance.yml.
"""

from dagster_project.contracts.reason_code import Rule

ACCEPTANCE_RULES = (
    Rule(
        "journey_outside_production",
        "L'opérateur n'était pas en production le jour du trajet.",
        "Aucun renvoi n'y change rien : ne comptent que les trajets partis depuis l'ouverture de la "
        "production et hors suspension (rejoindre le registre, étape 3).",
    ),
    Rule(
        "operator_not_granted",
        "Aucune classe de preuve n'est accordée à l'opérateur pour ce jour.",
        "Compléter le dossier technique, qui définit la classe (rejoindre le registre, étape 2).",
    ),
    Rule(
        "not_yet_over",
        "Le trajet n'était pas terminé quand le fichier a été livré.",
        "Renvoyer le trajet dans un fichier livré après son arrivée ; vérifier l'horloge et le fuseau.",
    ),
    Rule(
        "sent_too_late",
        "Le trajet a été envoyé après le délai en vigueur le jour de son départ.",
        "Envoyer les trajets au fil de l'eau. Le premier envoi compte : la correction d'un trajet envoyé à "
        "temps est à temps.",
    ),
    Rule(
        "distance_too_short",
        "La distance déclarée est inférieure à la distance minimale.",
        "Vérifier l'unité (mètres) et corriger la distance si elle est fausse.",
    ),
    Rule(
        "too_close_trips",
        "Les deux mêmes personnes ont un autre trajet au même moment, ou trop peu de temps avant.",
        "Vérifier les horaires ; annuler le trajet de trop, et celui-ci redevient valide. Les trajets d'une "
        "même voiture portent le même identifiant de voiture.",
    ),
    Rule(
        "too_many_trips",
        "Le conducteur ou le passager a déjà le nombre maximal de trajets de ce jour.",
        "Annuler les trajets qui n'ont pas eu lieu. Une voiture compte une fois : donner à ses trajets le "
        "même identifiant de voiture.",
    ),
    Rule(
        "class_above_granted",
        "La classe déclarée dépasse la classe accordée à l'opérateur ; la classe accordée est retenue.",
        "Déclarer la classe accordée, ou faire évaluer un nouveau dossier technique (rejoindre le registre, "
        "étape 2).",
        severity="warning",
    ),
)
