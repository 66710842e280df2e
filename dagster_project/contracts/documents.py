"""The list of what goes out, in French: documents of authorities, lists of operators, and what each is.

Each folder's LISEZ-MOI.txt and the words of pages are made from it. Not here: the columns of a file (exports,
authority), what a document says (its folder in reports). Why: D-271.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dagster_project.contracts.terms import TERMS

READ_ME = "LISEZ-MOI.txt"
PUBLIC = "public"  # the folder of exports that everybody may read; no authority is called so
GUIDE = "motifs_de_rejet.md"  # docs/ has it, and each folder of answers


@dataclass(frozen=True)
class Paper:
    """One kind of document: its title, what its files are called, what it is."""

    title: str
    files: str
    what: str


# By the first part of a document's id ("appel/karavane/2021-01-01").
DOCUMENTS: dict[str, Paper] = {
    "appel": Paper(
        "Appel de fonds",
        "APDF_… .pdf, .xlsx, .parquet, .lignes.csv",
        "ce que l’opérateur demande pour un trimestre : PDF attesté, trajets, leurs lignes au grand livre",
    ),
    "facture": Paper(
        "Facture de la commission",
        "FACTURE_…, AVOIR_… .pdf, .xlsx",
        "le PDF (Factur-X) est la facture, ou l’avoir ; le classeur en refait le calcul",
    ),
    "acompte": Paper(
        "État d’acompte",
        "DEMANDE-ACOMPTE_… .pdf, ACOMPTE_… .pdf, .xlsx",
        "la demande d’un premier acompte, puis à chaque trimestre ce qu’il en reste",
    ),
    "alerte": Paper("Alerte d’acompte", "DEPASSEMENT-ACOMPTE_… .pdf", "la consommation dépasse l’acompte"),
    "bilan": Paper("Bilan semestriel", "BILAN_… .xlsx", "les indicateurs de l’annexe 4, par opérateur"),
    "bilan_intermediaire": Paper(
        "Bilan intermédiaire de l’enveloppe", "BILAN-INTERMEDIAIRE_… .pdf", "l’enveloppe à mi-parcours"
    ),
    "enveloppe": Paper("État de l’enveloppe", "ENVELOPPE_… .pdf", "l’enveloppe, la première nuit d’un mois"),
    "situation": Paper(
        "Situation provisoire de la campagne",
        "SITUATION_… .xlsx, .parquet",
        "ce que demanderaient les appels en cours, et ce qui reste de l’enveloppe, chaque nuit",
    ),
    "compte": Paper(
        "Relevé de compte",
        "COMPTE_… .pdf, .xlsx, .parquet",
        "ce qui est demandé, payé, en retard et dû, par opérateur",
    ),
    "rapprochement": Paper(
        "Rapprochement",
        "RAPPROCHEMENT_… .xlsx, .parquet",
        "déclaré, calculé et payé, par mois et opérateur, avec les motifs d’écart",
    ),
    "pieces": Paper(
        "Pièces à joindre",
        "PIECES_… .csv",
        "pour chaque demande, les PDF qu’un mandat porte, avec leur empreinte",
    ),
}
_OF_ACCOUNTS = ("compte", "rapprochement", "pieces")
CAMPAIGN = {kind: paper for kind, paper in DOCUMENTS.items() if kind not in _OF_ACCOUNTS}
ACCOUNTS = {kind: DOCUMENTS[kind] for kind in _OF_ACCOUNTS}
JOURNEYS = {
    "trajets": Paper(
        "Trajets",
        "territoire/, <campagne>/ : <mois>.xlsx, .csv, .parquet, .legende.txt",
        "les trajets de l’annexe 3, mois par mois, dans trois formes ; la légende dit chaque colonne ; le "
        "classeur est là tant que le mois est entier : de sa fin au retrait de ses premiers trajets",
    ),
    "frais": Paper(
        "Dépassements des frais partagés",
        "frais-partages/ : <mois>, mêmes formes",
        "où ce qui est donné passe la part des frais",
    ),
}
AUTHORITY = {
    "page": Paper("Page de l’autorité", "index.html", "à payer, enveloppes, qualité, règles, documents"),
    "campagne": Paper("Dossier d’une campagne", "<campagne>/", "appels, factures, acomptes, bilans"),
    "comptes": Paper("Comptes", "comptes/", "relevé de compte de chaque opérateur, rapprochements"),
    "trajets": Paper("Trajets", "trajets/", "les trajets de l’annexe 3, dépassements des frais partagés"),
    "registre": Paper("Vérifier", "registre/", "de quoi vérifier le reste sans le registre"),
}
ANSWERS = {
    "page": Paper(
        "Page de l’opérateur", "index.html", "dépôts, refus, paiements, dossier : à ouvrir d’abord"
    ),
    "reponse": Paper(
        "Réponse à un dépôt",
        "<fichier>.<empreinte>.json, .csv",
        "le résumé d’un dépôt, et une ligne par constat (trente jours)",
    ),
    "suivi": Paper(
        "Suivi des trajets",
        "suivi_des_trajets.csv, .json",
        "ce qui tient contre vos trajets, refus et remèdes",
    ),
    "signalements": Paper(
        "Signalements", "signalements.csv", "les trajets suspects des six derniers mois, et quoi faire"
    ),
    "frais": Paper("Frais partagés", "frais_partages.csv", "où ce qui est donné passe la part des frais"),
    "indemnites": Paper(
        "Indemnités", "indemnites_des_trajets.csv", "ce que chaque campagne donne pour vos trajets"
    ),
    "fin": Paper("Fin des enveloppes", "fin_des_enveloppes.csv", "quand une enveloppe s’épuise, et la suite"),
    "ecritures": Paper("Écritures", "<SIREN>FEC<année>1231.txt", "les écritures à charger en comptabilité"),
    "attestations": Paper(
        "Attestations",
        "attestation_<code>.pdf, demande_attestation_….csv",
        "à remettre chacune à sa personne, sous trente jours ; la réponse à chaque ligne de la demande",
    ),
    "motifs": Paper("Motifs", GUIDE, "chaque code de motif, sa phrase et son remède"),
    "registre": Paper(
        "Vérifier", "registre_…", "de quoi vérifier un appel ; commencer par registre_LISEZMOI.md"
    ),
}
PAYMENTS = {
    "reponse": Paper("Réponse à un relevé", "<fichier>.<empreinte>.json, .csv", "ce qui en a été lu"),
    "paiements": Paper("Paiements", "suivi_des_paiements.csv", "ce que devient chaque paiement, en euros"),
    "demandes": Paper("Demandes", "suivi_des_demandes.csv", "où en est chaque demande, en euros"),
    "factures": Paper("Factures", "suivi_des_factures.csv", "où en est chaque facture chez son acheteur"),
    "statuts": Paper("Statuts", "suivi_des_statuts.csv", "chaque message de statut, et ce qu’il demande"),
    "messages": Paper("Messages", "CDV_212_….xml", "« Encaissée », à remettre à votre plateforme"),
}
OPEN_DATA = {
    "paquet": Paper("Description du jeu de données", "datapackage.json", "fichiers, colonnes, clés, licence"),
    "territoires": Paper(
        "Territoires",
        "territoires_<mois> .csv, .parquet",
        "trajets par territoire de départ, et leurs restes",
    ),
    "flux": Paper("Flux", "flux_<mois> .csv, .parquet", "trajets d’un territoire à un autre"),
    "corrections": Paper(
        "Corrections", "corrections .csv, .parquet", "mois dont l’ensemble a assez changé pour être redit"
    ),
    "campagnes": Paper(
        "Campagnes", "campagnes.json, campagnes.schema.json", "qui paie, à qui, combien, où, depuis quand"
    ),
    "versements": Paper(
        "Versements", "versements .csv, .parquet", "ce que demandent les appels de fonds clos, par campagne"
    ),
}
_WORDS = {
    "trajet": "un conducteur et un passager dans une voiture ; deux places font deux trajets passagers",
    "appel de fonds": "ce que l’opérateur demande à l’autorité pour un trimestre",
    "commission": "ce que l’opérateur facture à l’autorité pour sa plateforme",
    "enveloppe": "la somme qu’une convention réserve, commune à tous les opérateurs",
    "clos": "arrêté pour toujours ; ce qui est trouvé ensuite va à l’appel suivant (régularisation)",
    "PROVISOIRE_…": "en tête d’un nom : le brouillon d’un document dont la période est ouverte",
    "Parquet": "la forme des programmes : montants en centimes, heures en temps universel",
}
_TERMS = {
    "authority": (
        f"Les trajets (.xlsx, .csv, .parquet) sont retirés {TERMS['exports'].months} mois après leur fin ; "
        "toute copie doit l’être aussi. PDF et factures restent : ils ne disent que des totaux.",
        "Un document définitif ne change plus. manifest.json en signe la liste et les empreintes.",
    ),
    "operator": (
        f"Les réponses restent ici {TERMS['rejected'].days} jours ; les listes sont refaites chaque nuit.",
        "Ce que vous changez ici n’est pas relu. Les .csv s’ouvrent tels quels dans un tableur français.",
    ),
    "public": (
        "Un mois qui a été dit ne change plus et reste ici ; corrections.csv dit ce qui a changé depuis.",
        "manifest.json signe la liste et les empreintes ; registre/, à côté, dit comment le vérifier.",
        "Réutilisation : Licence Ouverte 2.0.",
    ),
}


def read_me(place: str, first: str, papers: Mapping[str, Paper], reader: str) -> str:
    """A folder's LISEZ-MOI: what lies in it, what to open first, terms, words.

    `reader`: authority, operator or public.
    """
    paper_lines = (f"- {paper.files}\n    {paper.title} : {paper.what}." for paper in papers.values())
    return (
        "\n\n".join(
            [
                f"{place}\n{'=' * len(place)}",
                f"À ouvrir d’abord : {first}.",
                "\n".join(["Ce qui se trouve ici (ce qui manque n’a pas lieu d’être)", *paper_lines]),
                "\n".join(["Durées", *_listed(_TERMS[reader])]),
                "\n".join(["Mots", *_listed(f"{word} : {meaning}." for word, meaning in _WORDS.items())]),
            ]
        )
        + "\n"
    )


def _listed(lines: Iterable[str]) -> list[str]:
    return [f"- {line}" for line in lines]
