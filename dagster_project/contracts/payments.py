"""What is kept of bank statements, how a transfer names a demand, what is said of each line in French.

A statement is the payee's. Of its lines only those are kept that name one of our demands, or come from an
authority that the catalogue knows; no name, no account number and no free text is. Why: D-240, D-241.
"""

from dataclasses import dataclass

import pandera.polars as pa
import polars as pl

from dagster_project.contracts.lake_table import OPERATOR, Table, column

PAYMENTS = Table(
    name="payments",
    zone="warehouse",
    grain="One row per line of a bank statement that names a demand of ours, or comes from a known "
    "authority.",
    columns={
        "statement_id": column(pl.String, "Operator and first 16 hex digits of the file's SHA-256."),
        "operator_id": OPERATOR,
        "entry_key": column(pl.String, "Digest of what tells the line from others of its account."),
        "booked_on": column(pl.Date, "Day on which the bank booked it."),
        "amount_cents": column(
            pl.Int64, "Above 0 received by the operator, below 0 given back, cents.", checks=pa.Check.ne(0)
        ),
        "payer_id": column(
            pl.String, "The authority at the other end; null: none that files know.", null=True
        ),
        "named_references": column(pl.List(pl.String), "References of demands that its text names."),
    },
)

STATEMENTS = Table(
    name="statements",
    zone="warehouse",
    grain="One row per bank statement that was read, whole or in part: until when payments are known.",
    columns={
        "statement_id": column(pl.String, "Operator and first 16 hex digits of the file's SHA-256."),
        "operator_id": OPERATOR,
        "first_on": column(
            pl.Date, "The first day that the bank says it covers; null: the bank says none.", null=True
        ),
        "last_on": column(
            pl.Date, "The last day that it covers, or that a line was booked on; null: neither.", null=True
        ),
        "kept_lines": column(pl.Int64, "Lines that are kept."),
        "foreign_lines": column(pl.Int64, "Lines of others: nothing of them is kept."),
        "unread_lines": column(pl.Int64, "Lines that could not be read."),
    },
)

ISSUED_DOCUMENTS = Table(
    name="issued_documents",
    zone="warehouse",
    grain="One row per document that went out for good: terms of payment run from its day.",
    columns={
        "campaign_id": column(pl.String, "The campaign."),
        "document_id": column(pl.String, "Its name for good, as manifests have it."),
        "issued_on": column(pl.Date, "The day on which it went out."),
    },
)

# The layout of a statement as CSV, in this order or another; a comma or a semicolon between.
STATEMENT_COLUMNS = {
    "compte": "IBAN du compte de l’opérateur, tel que sur le RIB de sa fiche",
    "date_operation": "jour de l’opération sur le compte, AAAA-MM-JJ",
    "montant": "euros, virgule ou point, deux décimales au plus ; positif : reçu, négatif : rendu",
    "payeur_siren": "SIREN ou SIRET de l’autre partie ; vide si la banque ne le dit pas",
    "libelle": "texte du virement, avec la référence de la demande ; il n’est pas gardé",
    "identifiant": "référence de l’opération chez la banque, unique sur le compte",
}


def reference(*names: str, number: int, digits: int) -> str:
    """How a demand is named on a transfer: ACOMPTE-PMGF-2021-KARAVANE-02; an invoice by its own number."""
    return f"{'-'.join(names).upper().replace('_', '-')}-{number:0{digits}d}"


def advance_reference(campaign_id: str, operator_id: str, number: int) -> str:
    """Of a step of an advance; 0 is the first payment."""
    return reference("acompte", campaign_id, operator_id, number=number, digits=2)


def call_reference(campaign_id: str, operator_id: str, number: int) -> str:
    """Of a fund call that no advance pays."""
    return reference("appel", campaign_id, operator_id, number=number, digits=2)


@dataclass(frozen=True)
class Verdict:
    """What is said of a line or a demand: its name, what it means, what to do."""

    title: str
    sentence: str
    remedy: str


# Of a file or a line that is not read.
FAULTS = {
    "file_unreadable": Verdict(
        "Fichier illisible",
        "Le fichier n’est ni un relevé camt.053 ou un message CDAR (XML), ni un CSV aux colonnes publiées.",
        "Le déposer tel que la banque ou la plateforme le donne, ou le CSV décrit dans docs/paiements.md.",
    ),
    "file_too_large": Verdict(
        "Fichier trop gros", "Le fichier dépasse 50 Mo.", "Découper le relevé par mois, puis par jour."
    ),
    "columns_wrong": Verdict(
        "Colonnes",
        "L’en-tête du CSV n’a pas exactement les colonnes publiées.",
        "Reprendre l’en-tête de docs/paiements.md, mot pour mot.",
    ),
    "row_broken": Verdict(
        "Ligne incomplète",
        "La ligne n’a pas autant de cases que l’en-tête.",
        "Mettre entre guillemets un libellé qui contient un séparateur.",
    ),
    "account_unknown": Verdict(
        "Compte inconnu",
        "Le compte n’est celui d’aucun RIB de la fiche de l’opérateur.",
        "Transmettre le RIB au registre (`bank` de la fiche), puis déposer le relevé à nouveau.",
    ),
    "balance_broken": Verdict(
        "Solde faux",
        "Le solde d’ouverture et les écritures ne donnent pas le solde de clôture : le relevé est incomplet.",
        "Exporter à nouveau le relevé entier de la période.",
    ),
    "date_wrong": Verdict(
        "Date",
        "La date d’opération manque, n’est pas une date AAAA-MM-JJ ou vient après la nuit qui lit le relevé.",
        "Corriger la date ; une opération à venir se dépose quand elle est passée.",
    ),
    "amount_wrong": Verdict(
        "Montant",
        "Le montant manque, est nul, a plus de deux décimales ou n’est pas un nombre.",
        "L’écrire en euros, sans séparateur de milliers : 1234,56.",
    ),
    "currency_wrong": Verdict(
        "Devise", "Le montant n’est pas en euros.", "Demander à la banque l’écriture en euros."
    ),
    "not_booked": Verdict(
        "Opération en attente",
        "L’écriture n’est pas encore comptabilisée par la banque.",
        "Aucun : elle sera lue sur le relevé suivant.",
    ),
    "batch_unclear": Verdict(
        "Virements groupés",
        "L’écriture groupe plusieurs virements dont les montants manquent ou ne font pas son total.",
        "Demander à la banque le détail des virements, ou déposer un CSV d’une ligne par virement.",
    ),
    "identifier_missing": Verdict(
        "Identifiant",
        "L’identifiant de l’opération manque.",
        "Reprendre la référence de la banque : elle distingue deux virements du même montant.",
    ),
    "identifier_twice": Verdict(
        "Identifiant répété",
        "Deux lignes différentes du fichier ont le même identifiant.",
        "Donner à chaque opération la référence de la banque ; la première ligne a été lue.",
    ),
}

# Of a line that is read, once it is held against the demands.
PAYMENT_VERDICTS = {
    "exact": Verdict("Paiement exact", "Il paie ce qui restait dû.", "Aucun."),
    "by_amount": Verdict(
        "Rapproché par le montant",
        "Sans référence, il a le montant d’une seule demande de ce payeur.",
        "Vérifier la demande ; rappeler sa référence sur le prochain virement.",
    ),
    "partial": Verdict(
        "Paiement partiel",
        "Il ne paie qu’une part de la demande.",
        "Le payeur verse le reste, en rappelant la même référence.",
    ),
    "taken_over": Verdict(
        "Paiement partiel, repris",
        "Il ne paie qu’une part de la demande ; l’état d’acompte suivant a repris le reste.",
        "Aucun : ne plus rien verser sur cette demande.",
    ),
    "surplus": Verdict(
        "Trop payé",
        "Il dépasse ce que la demande laissait à payer.",
        "L’opérateur rend le surplus, ou les parties l’imputent par écrit sur une autre demande.",
    ),
    "double": Verdict(
        "Paiement double",
        "La demande était déjà payée.",
        "L’opérateur rend la somme, ou les parties l’imputent par écrit sur une autre demande.",
    ),
    "other_period": Verdict(
        "Autre période",
        "Son montant est celui d’une autre demande que celle qu’il nomme ; il compte pour celle qu’il nomme.",
        "Le payeur dit par écrit quelle demande il a voulu payer (code civil, article 1342-10).",
    ),
    "other_payer": Verdict(
        "Autre payeur",
        "Il nomme une demande, mais ne vient ni du SIREN ni d’un compte de l’autorité qui la doit : "
        "il n’est pas "
        "compté.",
        "Demander au registre d’inscrire le compte dans la fiche de l’autorité et déposer le relevé à "
        "nouveau, ou rendre la somme.",
    ),
    "unknown_reference": Verdict(
        "Référence inconnue",
        "La référence qu’il nomme n’est celle d’aucune demande envoyée.",
        "Demander au payeur quel document il a voulu payer.",
    ),
    "ambiguous": Verdict(
        "Référence manquante",
        "Sans référence, il peut payer plusieurs demandes du même montant.",
        "Demander au payeur la référence du document qu’il a voulu payer.",
    ),
    "no_reference": Verdict(
        "Paiement étranger",
        "Il vient d’une autorité connue, sans référence, et n’a le montant d’aucune demande ouverte : "
        "il n’est pas "
        "compté.",
        "S’il paie une de nos demandes, demander sa référence au payeur ; sinon, aucun.",
    ),
}

# Of a demand, on the night of the account.
DEMAND_VERDICTS = {
    "paid": Verdict("Payée", "Payée à temps.", "Aucun."),
    "paid_late": Verdict(
        "Payée en retard", "Payée après l’échéance.", "Aucun ; une facture en retard porte intérêt."
    ),
    "partial": Verdict("Partielle", "Payée en partie.", "Verser le reste, avec la même référence."),
    "missing": Verdict(
        "Impayée", "Échue, aucun paiement enregistré.", "Payer, ou déposer le relevé qui montre le paiement."
    ),
    "unseen": Verdict(
        "Échue, non relevée",
        "Aucun relevé bancaire ne va au-delà de l’échéance, ou il en manque un avant elle : "
        "on ne sait pas si elle est payée.",
        "L’opérateur dépose le relevé des jours qui suivent « releves_jusqu_au ».",
    ),
    "open": Verdict("À échoir", "Pas encore échue.", "Aucun."),
    "overpaid": Verdict(
        "Payée deux fois ou trop", "Il a été payé plus qu’il n’est dû.", "Rendre le surplus."
    ),
    "to_return": Verdict(
        "À rendre", "L’opérateur doit rendre cette somme.", "La rendre avec la même référence."
    ),
    "refused": Verdict(
        "Refusée ou rejetée",
        "L’acheteur ou une plateforme n’en veut pas : elle ne demande rien, celle qui la remplace le fera.",
        "L’opérateur demande au registre un avoir et une nouvelle facture (`entrepot invoice replace`).",
    ),
    "interrupted": Verdict(
        "Délai interrompu",
        "L’acheteur attend une pièce : le délai de paiement ne court pas "
        "(code de la commande publique, article R. 2192-27).",
        "L’opérateur dépose la pièce sur sa plateforme, avec le statut Complétée ; un nouveau délai s’ouvre.",
    ),
    "held": Verdict("Retenue", "Le document n’est pas parti : rien n’est dû encore.", "Aucun."),
    "nothing": Verdict("Rien à payer", "La demande est nulle, ou reprise dans la suivante.", "Aucun."),
}
