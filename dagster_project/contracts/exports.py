"""What the Parquet files that go out hold, beside annexe 3 (authority): names, titles, units, meaning.

One name for one quantity: where annexe 3 names it, that is the name; workbooks and their legends show a
column under its title, and name it as the Parquet does. Why: D-270.
"""

from collections.abc import Sequence

import pandera.polars as pa
import polars as pl

from dagster_project.contracts.authority import AUTHORITY_JOURNEYS, AUTHORITY_SHARED_COSTS, CENTS
from dagster_project.contracts.lake_table import Table, column

METRES = "mètres"


def _cents(title: str, description: str, *, null: bool = False) -> pa.Column:
    return column(pl.Int64, description, title=title, unit=CENTS, null=null)


def _text(title: str, description: str, *, null: bool = False) -> pa.Column:
    return column(pl.String, description, title=title, null=null)


def _day(title: str, description: str, *, null: bool = False) -> pa.Column:
    return column(pl.Date, description, title=title, null=null)


def _count(title: str, description: str, *, null: bool = False) -> pa.Column:
    return column(pl.Int64, description, title=title, null=null)


def _reducible(name: str, annex: pa.Column) -> pa.Column:
    """A column of annexe 3 in a call: empty where the line is reduced to what it is paid for."""
    kept = name in ("journey_id", "passenger.seats", "operator")
    return column(
        annex.dtype.type,
        annex.description,
        null=not kept or annex.nullable,
        title=annex.title,
        unit=annex.metadata["unit"],
    )


_INCENTIVE = _cents("Indemnité", "Indemnité demandée, après application du plafond du budget.")
_FEE = _cents("Commission HT", "Commission Plateforme, hors taxe.")
_VAT = _cents("TVA", "Taxe sur la valeur ajoutée de la Commission Plateforme.")
_OPERATOR = AUTHORITY_JOURNEYS.columns["operator"]
_PERIOD = {
    "period_start_on": _day("Période du", "Premier jour de la période."),
    "period_end_on": _day("Période au", "Dernier jour de la période."),
}

CALL_JOURNEYS = Table(
    name="call_journeys",
    zone="exports",
    grain="APDF_….parquet : une ligne par trajet passager d’un appel de fonds.",
    columns={
        **{name: _reducible(name, annex) for name, annex in AUTHORITY_JOURNEYS.columns.items()},
        "billed_m": column(
            pl.Int64,
            "Distance retenue pour le calcul de l’indemnité ; tranche et seuils se lisent sur la distance "
            "déclarée, que le registre garde.",
            title="Distance facturée",
            unit=METRES,
            null=True,
        ),
        "band": _count(
            "Tranche",
            "Tranche du tarif, dernière atteinte, par son numéro dans la feuille « Récapitulatif » ; 0 : un "
            "ajustement seul.",
            null=True,
        ),
        "tariff_cents": _cents(
            "Indemnité du tarif", "Indemnité du trajet d’après le tarif, avant tout plafond."
        ),
        "capped_cents": _cents(
            "Indemnité due", "Indemnité du trajet après les plafonds, avant celui du budget."
        ),
        "incentive_cents": _INCENTIVE,
        "payee": _text(
            "Versée au",
            "Qui reçoit l’indemnité : le conducteur, le passager, ou les deux et ce qu’en a le passager.",
            null=True,
        ),
        "fee_ex_vat_cents": _FEE,
        "vat_cents": _VAT,
        "is_adjustment": column(
            pl.Boolean,
            "Régularisation d’une période déjà close ; sinon, trajet de la période.",
            title="Nature",
        ),
        "reason": _text(
            "Suite donnée", "Pourquoi le trajet n’est pas payé, ou pas en entier ; vide s’il l’est."
        ),
    },
)

OPEN_CALLS = Table(
    name="open_calls",
    zone="exports",
    grain="SITUATION_….parquet : une ligne par appel de fonds en cours.",
    columns={
        "operator": _OPERATOR,
        **_PERIOD,
        "journeys": _count("Trajets", "Trajets passagers, sans compter leurs places."),
        "subsidised_journeys": _count("Dont indemnisés", "Parmi eux, ceux qui sont indemnisés."),
        "incentive_cents": _INCENTIVE,
        "fee_ex_vat_cents": _FEE,
        "vat_cents": _VAT,
        "total_cents": _cents("Total TTC", "Indemnité, commission et TVA."),
    },
)

DEMANDS = Table(
    name="demands",
    zone="exports",
    grain="COMPTE_….parquet : une ligne par demande d’un opérateur à l’autorité.",
    columns={
        "campaign_id": _text("Campagne", "La campagne."),
        "reference": _text("Référence", "Référence que porte la demande, et que nomme son paiement."),
        "kind": _text(
            "Demande", "advance : acompte ; call : appel de fonds ; invoice : facture de la commission."
        ),
        **_PERIOD,
        "sent_on": _day("Envoyée le", "Jour de l’envoi ; vide : retenue.", null=True),
        "due_on": _day("Échéance", "Dernier jour pour payer ; vide : à rendre, ou retenue.", null=True),
        "asked_cents": _cents("Demandé", "Montant de la demande."),
        "carried_cents": _cents(
            "Repris", "Ce qu’un état d’acompte suivant a déjà compté en plus ou en moins."
        ),
        "paid_cents": _cents("Payé", "Ce que montrent les relevés bancaires."),
        "rest_cents": _cents("Reste", "Demandé + repris − payé, s’il reste à payer."),
        "surplus_cents": _cents("Trop-perçu", "Payé en trop."),
        "days_late": _count("Jours de retard", "Jours après l’échéance, jusqu’au dernier relevé lu."),
        "rate_basis_points": _count("Taux", "Taux des intérêts moratoires, points de base.", null=True),
        "interest_cents": _cents(
            "Intérêts", "Intérêts moratoires ; vide : taux pas encore inscrit.", null=True
        ),
        "indemnity_cents": _cents("Indemnité forfaitaire", "Indemnité pour frais de recouvrement."),
        "status": _text("État", "Code de l’état, dit en clair dans le classeur."),
        "seen_on": _day("Relevés lus jusqu’au", "Dernier jour des relevés bancaires lus.", null=True),
    },
)

RECONCILIATION = Table(
    name="reconciliation",
    zone="exports",
    grain="RAPPROCHEMENT_….parquet : une ligne par mois et opérateur.",
    columns={
        "operator": _OPERATOR,
        "month_on": _day("Mois", "Premier jour du mois."),
        "declared_cents": _cents("Déclaré", "Ce que l’opérateur dit que l’autorité verse."),
        "computed_cents": _cents("Calculé", "Ce que la convention donne, régularisations comprises."),
        "gap_cents": _cents("Écart", "Déclaré − calculé."),
        "unexplained_cents": _cents("Non expliqué", "Calculé, sans trajet qui le porte ; doit être nul."),
        "closed_cents": _cents("Clos", "Calculé, dans un appel clos."),
        "paid_cents": _cents("Payé", "Imputé sur les mois clos, du plus ancien au plus récent."),
        "unpaid_cents": _cents("À payer", "Clos − payé."),
        "open_cents": _cents("En cours", "Calculé, dans un appel encore ouvert."),
    },
)

EXPORTS: Sequence[Table] = (
    AUTHORITY_JOURNEYS,
    AUTHORITY_SHARED_COSTS,
    CALL_JOURNEYS,
    OPEN_CALLS,
    DEMANDS,
    RECONCILIATION,
)
