"""Every rule a file or a row can break: stable code, French sentence, remedy.

The sentences are what operators read; `{column}` is the operator's own column name, `{detail}` what the
reader says of it. They never hold a value of the row: a value can be a phone number.
"""

from dagster_project.contracts.labels import DECIDED, LABELS, NEUTRAL
from dagster_project.contracts.reason_code import Rule
from dagster_project.contracts.refusal_codes import ACCEPTANCE_RULES

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
        "Reprendre les noms de colonnes du guide de l'opérateur (format v2 ou v3). Une demande d'attestation "
        "se reconnaît à son nom : demande_attestation….csv.",
    ),
    Rule(
        "file_unreadable",
        "Le fichier ne se lit pas comme un CSV : {detail}.",
        "Vérifier le séparateur, les guillemets et le nombre de colonnes de chaque ligne.",
    ),
    Rule(
        "file_too_large",
        "Le fichier dépasse la taille admise ({detail}), ou sa compression est anormale.",
        "Découper l'envoi en plusieurs fichiers.",
    ),
    Rule(
        "file_not_regular",
        "Le dépôt n'est pas un fichier à lui seul (lien, second nom d'un autre fichier, dossier, tube ou "
        "périphérique).",
        "Déposer le fichier lui-même.",
    ),
    Rule(
        "file_mostly_wrong",
        "Le fichier a plus de fautes que sa taille n'en admet ({detail}) ; elles ne sont pas dites une à "
        "une.",
        "Corriger la cause commune, l'essayer sur un extrait, puis renvoyer le fichier.",
    ),
    Rule(
        "file_too_slow",
        "La lecture du fichier demande plus de temps que sa taille ne l'explique ({detail}).",
        "Vérifier les guillemets, les fins de ligne et les téléphones ; découper l'envoi.",
    ),
    Rule(
        "line_ends_unknown",
        "Les fins de ligne sont celles des anciens Mac (CR seul).",
        "Enregistrer avec des fins de ligne Unix (LF) ou Windows (CRLF).",
    ),
    Rule(
        "line_too_long",
        "La ligne {detail} dépasse un mégaoctet.",
        "Vérifier les fins de ligne et les guillemets.",
    ),
    Rule(
        "operator_mismatch",
        "La colonne operator nomme un autre opérateur que celui du dossier de dépôt (ligne {detail}).",
        "Déposer le fichier dans le dossier de l'opérateur qu'il nomme.",
    ),
    Rule(
        "operator_unknown",
        "Le dossier de dépôt ne correspond à aucun opérateur connu.",
        "Demander l'ouverture d'un accès au registre (rejoindre le registre, étape 3).",
    ),
    Rule(
        "operator_not_in_production",
        "L'opérateur n'a pas accès à cet environnement le jour du traitement : {detail}.",
        "Compléter le dossier (rejoindre le registre, étapes 1 à 3) ; tester en préproduction ; livrer de "
        "nouveau le fichier une fois l'accès ouvert.",
    ),
)

# Told of a file that is taken all the same.
FILE_NOTICES = (
    Rule(
        "file_time_impossible",
        "L'heure du fichier est impossible : après le jour du traitement, ou si ancienne qu'aucun trajet ne "
        "pourrait être pris. La fin du jour du traitement la remplace.",
        "Régler l'horloge de la machine qui dépose, ou laisser la copie dater le fichier.",
        severity="warning",
    ),
)

ROW_RULES = (
    Rule(
        "row_empty",
        "La ligne est vide : des séparateurs sans valeur.",
        "Supprimer les lignes vides du tableau avant de l'enregistrer.",
    ),
    Rule(
        "ragged_line",
        "La ligne n'a pas le nombre de colonnes de l'en-tête.",
        "Mettre entre guillemets les textes qui contiennent le séparateur ; n'omettre aucune colonne.",
    ),
    Rule(
        "quote_unclosed",
        "Un guillemet de la ligne n'est pas fermé.",
        'Doubler les guillemets à l\'intérieur d\'un texte : "" pour ".',
    ),
    Rule(
        "json_unreadable",
        "La ligne n'est pas un objet JSON.",
        "Écrire un objet par ligne, dans le format de l'API v3.",
    ),
    Rule(
        "unknown_field",
        "La ligne contient un champ que le format ne connaît pas.",
        "N'envoyer que les champs du guide de l'opérateur ; la colonne nomme l'intrus, ou l'objet qui le "
        "contient.",
    ),
    Rule(
        "former_field",
        "Le champ {column} est d'une version antérieure du format.",
        "Écrire la ligne dans la version actuelle (guide de l'opérateur, « Champs d'autrefois »).",
    ),
    Rule(
        "id_placeholder",
        "La colonne {column} contient un mot écrit faute d'identifiant (null, NaN, #N/A, un tiret…).",
        "Envoyer l'identifiant lui-même ; en format v2, laisser vide celui de la voiture s'il manque.",
    ),
    Rule(
        "id_damaged",
        "L'identifiant de {column} a été réécrit par un tableur (1,23457E+12) : des chiffres sont perdus.",
        "Exporter de nouveau depuis le système d'origine, la colonne au format Texte, sans tableur.",
    ),
    Rule(
        "id_doubtful",
        "L'identifiant de {column} semble arrondi ou réécrit : 0, « .0 » final, zéros après quinze chiffres.",
        "Comparer avec le système d'origine ; exporter la colonne au format Texte.",
        severity="warning",
    ),
    Rule(
        "word_for_nothing",
        "La colonne {column} contient un mot écrit faute de valeur (null, NaN, #N/A…) ; elle est lue comme "
        "vide.",
        "Laisser vide ce qui n'existe pas.",
        severity="warning",
    ),
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
        "control_character",
        "La colonne {column} contient un caractère invisible ou de contrôle.",
        "N'utiliser que des lettres, des chiffres et la ponctuation ordinaire.",
    ),
    Rule(
        "time_without_zone",
        "L'heure de {column} n'a pas de fuseau.",
        "Ajouter Z (temps universel) ou un décalage : 2021-03-01T08:30:00+01:00.",
    ),
    Rule(
        "time_not_in_paris",
        "L'heure de {column} n'existe pas, ou existe deux fois, le jour du changement d'heure.",
        "Écrire l'heure en ISO 8601 avec son décalage.",
    ),
    Rule(
        "duration_too_long",
        "Le trajet dure plus de 24 heures.",
        "Vérifier les horaires et leurs fuseaux.",
    ),
    Rule(
        "speed_impossible",
        "La distance à vol d'oiseau suppose plus de 150 km/h de moyenne.",
        "Vérifier les positions et les horaires de départ et d'arrivée.",
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
        "past_its_term",
        "Le trajet s'est terminé il y a plus de douze mois : le registre ne le conserve plus.",
        "Ne plus envoyer ce trajet ; le registre garde douze mois de trajets (JURIDIQUE étape 4).",
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
        "coordinates_swapped",
        "La latitude et la longitude de {column} sont inversées.",
        "Échanger les deux valeurs : en France, la latitude est le plus grand nombre.",
    ),
    Rule(
        "insee_unknown",
        "Le code de {column} n'est celui d'aucune commune ni d'aucun pays voisin.",
        "Envoyer le code officiel ; à Paris, Lyon et Marseille, celui de l'arrondissement.",
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
        "siret_invalid",
        "Un SIRET des incitations de {column} n'est pas valide.",
        "Recopier les 14 chiffres du SIRET du financeur ; le dernier est une clé de contrôle.",
    ),
    Rule(
        "incentive_out_of_range",
        "Une incitation de {column} est hors bornes : index de 0 à 19, montant de 0 à 100 000 centimes.",
        "Vérifier l'unité (centimes) et numéroter les incitations à partir de 0.",
    ),
    Rule(
        "distance_below_straight_line",
        "La distance déclarée est inférieure à la distance à vol d'oiseau.",
        "Vérifier l'unité (mètres) et les positions.",
        severity="warning",
    ),
    Rule(
        "insee_disagrees",
        "Le code INSEE de {column} n'est pas celui de la commune de la position ; la position est retenue.",
        "Vérifier le code ou la position.",
        severity="warning",
    ),
    Rule(
        "travel_pass_unknown",
        "Le titre de transport de {column} n'est pas connu du registre.",
        "Seul navigo est connu ; laisser vide sinon.",
        severity="warning",
    ),
    Rule(
        "key_conflict",
        "Ce trajet figure déjà dans le même fichier avec un autre contenu.",
        "N'envoyer qu'une ligne par trajet, ou marquer la seconde status=corrected.",
    ),
)

# What only the whole base can tell of a row.
VERSION_RULES = (
    Rule(
        "id_used_again",
        "Cet identifiant est déjà celui d'un autre trajet : ni une personne, ni le jour ne sont communs. Le "
        "premier reste ; celui-ci n'est pas compté.",
        "Renvoyer ce trajet sous un identifiant à lui. Si le premier n'a pas eu lieu, l'annuler.",
    ),
    Rule(
        "cancellation_unknown",
        "L'annulation porte sur un trajet qui n'a pas été envoyé, ou qui a été rejeté.",
        "Vérifier l'identifiant. Si le trajet vient plus tard, il sera annulé en arrivant, à moins d'être "
        "marqué status=corrected.",
        severity="warning",
    ),
    Rule(
        "settled_before",
        "Un trajet de cet identifiant a été réglé, puis effacé du registre ; ce qui a été réglé ne l'est "
        "pas une seconde fois.",
        "Ne pas renvoyer un trajet effacé. Si c'est un autre trajet, l'envoyer sous un identifiant qui n'a "
        "jamais servi.",
        severity="warning",
    ),
)

# Labels that set a journey aside stand among its refusal codes: they are told as refusals are. What another
# operator's journeys are part of is told in NEUTRAL's words, by whichever code an older ledger has it.
_LABELS = (
    Rule(label.code, shown.sentence, shown.remedy)
    for label in (*LABELS, DECIDED, NEUTRAL)
    for shown in (NEUTRAL if label.code.startswith("fraud_interoperator") else label,)
)
RULES: dict[str, Rule] = {
    rule.code: rule
    for rule in (*FILE_RULES, *FILE_NOTICES, *ROW_RULES, *VERSION_RULES, *ACCEPTANCE_RULES, *_LABELS)
}
