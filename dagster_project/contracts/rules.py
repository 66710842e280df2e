"""Every rule a file or a row can break: stable code, French sentence, remedy.

The sentences are what operators read; `{column}` is the operator's own column name. They never
hold a value of the row: a value can be a phone number.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """A refusal: its stable code, what is wrong and what to do, in French."""

    code: str
    sentence: str
    remedy: str


FILE_RULES = (
    Rule("file_empty", "Le fichier est vide.", "Déposer un fichier qui contient au moins un trajet."),
    Rule(
        "file_not_text",
        "Le fichier n'est pas un texte UTF-8 (octet {detail}).",
        "Enregistrer le fichier au format CSV, encodage UTF-8, éventuellement compressé en gzip.",
    ),
    Rule(
        "file_unknown_header",
        "L'en-tête ne correspond à aucun format connu : {detail}.",
        "Reprendre les noms de colonnes du guide de l'opérateur (format v2 ou v3).",
    ),
    Rule(
        "file_unreadable",
        "Le fichier ne se lit pas comme un CSV : {detail}.",
        "Vérifier le séparateur, les guillemets et le nombre de colonnes de chaque ligne.",
    ),
    Rule(
        "operator_unknown",
        "Le dossier de dépôt ne correspond à aucun opérateur connu.",
        "Demander l'ouverture d'un accès au registre (rejoindre le registre, étape 3).",
    ),
)

ROW_RULES = (
    Rule("value_missing", "La colonne {column} est obligatoire.", "Renseigner la colonne."),
    Rule(
        "value_unreadable",
        "La valeur de {column} n'a pas le format attendu.",
        "Nombre entier sans unité, date ISO 8601 avec fuseau (2021-03-01T07:30:00Z), TRUE ou FALSE.",
    ),
    Rule(
        "value_out_of_range",
        "La valeur de {column} est hors des bornes admises.",
        "Voir les bornes de la colonne dans le guide de l'opérateur.",
    ),
    Rule(
        "value_unknown",
        "La valeur de {column} ne fait pas partie des valeurs admises.",
        "Voir la liste des valeurs de la colonne dans le guide de l'opérateur.",
    ),
    Rule(
        "end_before_start",
        "L'arrivée précède le départ ou lui est égale.",
        "Corriger les horaires de départ et d'arrivée.",
    ),
    Rule(
        "in_the_future",
        "Le trajet se termine après le jour de réception du fichier.",
        "N'envoyer que des trajets terminés ; vérifier le fuseau horaire.",
    ),
    Rule(
        "position_missing",
        "Aucune position pour {column} : ni latitude et longitude, ni code INSEE.",
        "Renseigner la latitude et la longitude, ou à défaut le code INSEE.",
    ),
    Rule(
        "null_island",
        "La position {column} est 0, 0 : le relevé GPS a échoué.",
        "Envoyer la position réelle, ou à défaut le code INSEE.",
    ),
    Rule(
        "place_unknown",
        "La position {column} n'est dans aucune commune, ni à moins d'un kilomètre de l'une d'elles.",
        "Vérifier la latitude et la longitude (WGS 84, degrés décimaux), ou leur ordre.",
    ),
    Rule(
        "phone_unreadable",
        "Le numéro de {column} n'est pas un numéro de téléphone.",
        "Format E.164 (+33…) ou national à dix chiffres ; tronqué : sans les deux derniers chiffres.",
    ),
    Rule(
        "identity_missing",
        "La personne {column} n'est pas identifiée.",
        "Envoyer le téléphone, ou le téléphone tronqué et l'identifiant d'utilisateur de l'opérateur.",
    ),
    Rule(
        "same_person",
        "Le conducteur et le passager sont la même personne.",
        "Vérifier les identités envoyées.",
    ),
    Rule(
        "incentives_unreadable",
        "La liste des incitations de {column} n'est pas lisible.",
        'Tableau JSON d\'objets {"index": 0, "siret": "14 chiffres", "amount": centimes}, ou [].',
    ),
    Rule(
        "key_conflict",
        "Ce trajet figure déjà dans le même fichier avec un autre contenu.",
        "N'envoyer qu'une ligne par trajet, ou marquer la seconde status=corrected.",
    ),
)

RULES: dict[str, Rule] = {rule.code: rule for rule in (*FILE_RULES, *ROW_RULES)}
