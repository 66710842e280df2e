"""The life of an invoice on platforms: its statuses, why a buyer or a platform says no, what is kept of it.

Codes are those of XP Z12-012 (flux 6, message CDAR): the number of a status, the letters of a reason. A
message may name people and say free text: nothing of that is kept. Why: D-225 to D-229.
"""

import pandera.polars as pa
import polars as pl

from dagster_project.contracts.lake_table import INSTANT, OPERATOR, Table, column
from dagster_project.contracts.payments import Verdict

DEPOSITED, REFUSED, COLLECTED, REJECTED = "200", "210", "212", "213"
ENDS = (REFUSED, REJECTED)  # after these, only a credit note and a new invoice

INVOICE_STATUSES = Table(
    name="invoice_statuses",
    zone="warehouse",
    grain="One row per status of an invoice and message that says it, ours among them.",
    columns={
        "message_id": column(
            pl.String, "Operator and first 16 hex digits of the file's SHA-256; ours: its name."
        ),
        "operator_id": OPERATOR,
        "reference": column(pl.String, "The invoice's number as printed (BT-1)."),
        "invoice_on": column(pl.Date, "The invoice's day, as the message says it (BT-2)."),
        "status_code": column(
            pl.String, "The status (MDT-105).", checks=pa.Check.str_matches("^2[01][0-9]$")
        ),
        "stated_at": column(INSTANT, "When it was stated (MDT-78); a message tells Paris time."),
        "reason_codes": column(
            pl.List(pl.String), "Why (MDT-113), in the message's order; AUTRE: one not listed."
        ),
        "approved_cents": column(
            pl.Int64, "What the buyer approves of it, with VAT, cents (206, MAPTTC); null: unsaid.", null=True
        ),
        "is_ours": column(pl.Boolean, "Whether the registry wrote the message."),
        "taken_on": column(pl.Date, "The night that read it, or wrote it."),
    },
)

INVOICE_REPLACEMENTS = Table(
    name="invoice_replacements",
    zone="warehouse",
    grain="One row per invoice that was refused or rejected, and replaced: a credit note, a new invoice.",
    columns={
        "operator_id": OPERATOR,
        "replaced_number": column(pl.Int64, "Number of the invoice that it replaces."),
        "credit_number": column(pl.Int64, "Number of the credit note; the new invoice has the next."),
        "closing_number": column(pl.Int64, "The closing whose fees all three invoice."),
        "after_closing": column(pl.Int64, "The last closing then: later ones are numbered after these two."),
        "replaced_on": column(pl.Date, "Day of both documents."),
        "reason_code": column(pl.String, "Why, as the platform's messages name it."),
    },
)

# What is told of a status: its name, what it means, what the operator does.
STATUSES = {
    DEPOSITED: Verdict("Déposée", "Votre plateforme a pris la facture.", "Aucun."),
    "201": Verdict("Émise", "Votre plateforme l’a transmise à celle de l’acheteur.", "Aucun."),
    "202": Verdict("Reçue", "La plateforme de l’acheteur l’a reçue.", "Aucun."),
    "203": Verdict("Mise à disposition", "L’acheteur peut la lire.", "Aucun."),
    "204": Verdict("Prise en charge", "L’acheteur la traite.", "Aucun."),
    "205": Verdict("Approuvée", "L’acheteur accepte de la payer.", "Aucun : attendre le paiement."),
    "206": Verdict(
        "Approuvée partiellement",
        "L’acheteur n’en accepte qu’une part.",
        "S’accorder avec lui sur le reste ; la facture ne se modifie pas.",
    ),
    "207": Verdict("En litige", "L’acheteur conteste la facture.", "Lui répondre, sur le motif."),
    "208": Verdict(
        "Suspendue",
        "L’acheteur attend une pièce ou une référence.",
        "Déposer sur votre plateforme ce qu’il demande, avec le statut Complétée.",
    ),
    "209": Verdict("Complétée", "Ce que l’acheteur demandait est déposé.", "Aucun."),
    REFUSED: Verdict(
        "Refusée",
        "L’acheteur refuse la facture : il ne la paiera pas.",
        "Corriger la cause, puis demander au registre un avoir et une nouvelle facture "
        "(`entrepot invoice replace`).",
    ),
    "211": Verdict(
        "Paiement transmis", "L’acheteur dit avoir payé.", "Déposer le relevé bancaire qui le montre."
    ),
    COLLECTED: Verdict("Encaissée", "Le paiement est reçu.", "Aucun."),
    REJECTED: Verdict(
        "Rejetée",
        "Une plateforme ne l’a pas prise : l’acheteur ne l’a pas reçue.",
        "Corriger la cause, puis demander au registre un avoir et une nouvelle facture "
        "(`entrepot invoice replace`).",
    ),
}

# Why: the sentence, and the remedy. What the registry's files say is corrected there, never in the invoice.
REASONS = {
    "NON_TRANSMISE": ("le destinataire n’a pas d’adresse active dans l’annuaire", "le signaler à l’autorité"),
    "JUSTIF_ABS": ("un justificatif manque", "joindre l’appel de fonds de la même période"),
    "ROUTAGE_ERR": (
        "l’adresse de routage n’est plus la bonne",
        "redéposer la même facture, l’annuaire à jour",
    ),
    "AUTRE": ("autre motif", "lire le message sur votre plateforme"),
    "COORD_BANC_ERR": ("les coordonnées bancaires sont fausses", "transmettre le RIB au registre (`bank`)"),
    "TX_TVA_ERR": ("le taux de TVA est faux", "faire corriger `vat_number`, ou `commission` de la campagne"),
    "MONTANTTOTAL_ERR": ("le montant total est faux", "comparer à l’appel de fonds ; écrire au registre"),
    "CALCUL_ERR": ("un calcul est faux", "comparer au classeur de la facture ; écrire au registre"),
    "NON_CONFORME": ("une mention légale manque", "comparer aux fiches ; écrire au registre"),
    "DOUBLON": (
        "ce numéro a déjà été déposé",
        "vérifier s’il ne l’a pas été deux fois ; sinon écrire au registre",
    ),
    "DEST_INC": ("le destinataire est inconnu", "faire corriger `siret` de la fiche de l’autorité"),
    "DEST_ERR": ("ce n’est pas le bon destinataire", "faire corriger `siret` ou `service` de l’autorité"),
    "TRANSAC_INC": ("l’acheteur ne connaît pas la prestation", "lui rappeler la convention et la période"),
    "EMMET_INC": ("l’acheteur ne connaît pas l’émetteur", "lui rappeler la convention"),
    "CONTRAT_TERM": ("la convention est finie", "vérifier `conventions` de la fiche de l’autorité"),
    "DOUBLE_FACT": ("la prestation a déjà été facturée", "comparer les périodes ; écrire au registre"),
    "CMD_ERR": ("le numéro d’engagement manque ou est faux", "faire corriger `orders` de la convention"),
    "ADR_ERR": ("l’adresse électronique est fausse", "faire corriger `service.code` de l’autorité"),
    "SIRET_ERR": ("le SIRET manque ou est faux", "faire corriger `siret` de la fiche"),
    "CODE_ROUTAGE_ERR": (
        "le code du service manque ou est faux",
        "faire corriger `service.code` de l’autorité",
    ),
    "REF_CT_ABSENT": ("la référence du contrat manque", "faire compléter `market` de la convention"),
    "REF_ERR": ("une référence est fausse", "faire corriger `orders` de la convention"),
    "PU_ERR": ("un prix unitaire est contesté", "rappeler la commission que dit la convention"),
    "REM_ERR": ("une remise est contestée", "rappeler la commission que dit la convention"),
    "QTE_ERR": ("le nombre de trajets est contesté", "rappeler l’appel de fonds et ses annexes"),
    "ART_ERR": ("la désignation est contestée", "rappeler la convention"),
    "MODPAI_ERR": ("les modalités de paiement sont contestées", "rappeler l’article de la convention"),
    "QUALITE_ERR": ("la prestation est contestée", "répondre à l’autorité"),
    "LIVR_INCOMP": ("la prestation est dite incomplète", "rappeler l’appel de fonds et ses annexes"),
    "REJ_SEMAN": ("une donnée obligatoire manque ou est fausse", "transmettre le message au registre"),
    "REJ_UNI": ("la plateforme connaît déjà ce numéro", "vérifier s’il n’a pas été déposé deux fois"),
    "REJ_COH": ("deux données se contredisent", "transmettre le message au registre"),
    "REJ_ADR": (
        "l’adresse n’est pas dans l’annuaire",
        "faire corriger `service.code` ou `siret` de l’autorité",
    ),
    "REJ_CONT_B2G": ("une règle des acheteurs publics n’est pas tenue", "transmettre le message au registre"),
    "REJ_REF_PJ": ("une pièce jointe est mal référencée", "redéposer la même facture"),
    "REJ_ASS_PJ": ("une pièce jointe est mal associée", "redéposer la même facture"),
    "RETRAIT_MAN_SERV": ("le service l’a retirée", "le demander à l’autorité"),
    "ST_CT_NON_DECLAR": ("un sous-traitant n’est pas déclaré", "rappeler à l’autorité qu’il n’y en a pas"),
    "SUPPR_COMP_AVOIR": ("elle se supprime par un avoir", "demander l’avoir et la nouvelle facture"),
    "TRANSF_PMNT_REGIE": ("elle passe par une régie", "le demander à l’autorité"),
    "CONTACT_ACHTR": ("l’acheteur veut être contacté", "le contacter"),
}
UNNAMED = ("le message ne dit pas de motif", "le demander à l’acheteur ou à votre plateforme")
WITH_REASON = ("206", "207", "208", *ENDS)  # BR-FR-CDV-15

# Of a message, or of a status in it, that is not read.
STATUS_FAULTS = {
    "message_unreadable": Verdict(
        "Message illisible",
        "Le fichier n’est pas un message de statut (CDAR) entier et bien formé, sans DTD.",
        "Déposer le fichier XML tel que la plateforme le donne.",
    ),
    "seller_wrong": Verdict(
        "Autre vendeur",
        "La facture du message n’est pas d’un SIREN de cet opérateur à sa date (MDT-129, BR-FR-CDV-13).",
        "Ne déposer que les statuts de ses propres factures ; sinon, le signaler à la plateforme.",
    ),
    "number_wrong": Verdict(
        "Numéro de facture",
        "Le numéro de la facture (MDT-87, BR-FR-CDV-10) manque ou n’est pas d’une facture du registre.",
        "Si la facture ne vient pas du registre, aucun ; sinon, le signaler à la plateforme.",
    ),
    "invoice_day_wrong": Verdict(
        "Date de la facture",
        "La date de la facture (MDT-100, BR-FR-CDV-11) manque ou n’est pas une date AAAAMMJJ.",
        "Le signaler à la plateforme qui a émis le message.",
    ),
    "status_wrong": Verdict(
        "Statut non suivi",
        "Le statut (MDT-105, BR-FR-CDV-CL-06) manque, ou n’est pas de ceux que le registre suit (200 à 213).",
        "Le lire sur votre plateforme.",
    ),
    "instant_wrong": Verdict(
        "Date du statut",
        "La date et l’heure du statut (MDT-78) manquent, ne sont pas AAAAMMJJHHMMSS ou viennent après la "
        "nuit qui lit le message.",
        "Le signaler à la plateforme ; un statut à venir se dépose quand il est passé.",
    ),
}

# Of a status that is read, once it is held against the invoices.
STATUS_VERDICTS = {
    "kept": Verdict("Retenu", "Il compte.", "Aucun."),
    "unknown_invoice": Verdict(
        "Facture inconnue",
        "Aucune facture de ce numéro n’est sortie du registre.",
        "Vérifier le numéro avec la plateforme ; il est relu chaque nuit.",
    ),
    "other_day": Verdict(
        "Autre date",
        "La facture de ce numéro n’a pas la date que dit le message.",
        "Vérifier sur la plateforme que la facture déposée est bien celle du registre.",
    ),
    "before_invoice": Verdict(
        "Avant la facture", "Le statut est daté d’avant la facture.", "Le signaler à la plateforme."
    ),
    "impossible_order": Verdict(
        "Ordre impossible",
        "Il contredit un statut d’avant : rien ne suit un refus, un rejet ; rien n’est refusé après une "
        "approbation ou un paiement ; rien n’est rejeté ni transmis après un traitement.",
        "Demander à la plateforme lequel des deux est vrai ; le premier compte.",
    ),
}
