"""A campaign's rules in plain French, from its file: what pages and the open data tell of it."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal

from dagster_project.campaigns.language.conditions import Condition
from dagster_project.campaigns.language.model import ANY, Campaign
from dagster_project.campaigns.language.tariff import Band, Bands
from dagster_project.campaigns.language.words import (
    adjustment_words,
    cap_words,
    cents,
    condition_words,
    price_words,
    table_words,
)
from dagster_project.reports.shared.french import french_day, french_list, french_number, french_percent


def rule_lines(campaign: Campaign, names: Mapping[str, str]) -> Iterator[tuple[str, str, str | None]]:
    """What each rule is about, what it says, its article; `names` of operators by id."""
    period = campaign.periode
    until = ", ou jusqu’à l’épuisement de l’enveloppe" if period.jusqu_a_epuisement else ""
    yield "Période", f"du {_day(period.du)} au {_day(period.au)}{until}", period.article
    for listing in campaign.operateurs:
        who = (
            "tout opérateur"
            if listing.liste == ANY
            else french_list([names.get(operator_id, operator_id) for operator_id in listing.named])
        )
        yield "Opérateurs", f"depuis le {_day(listing.du)} : {who}", None
    if campaign.perimetre:
        yield (
            "Périmètre",
            f"origine ou destination dans {campaign.perimetre.territoire}",
            campaign.perimetre.article,
        )
    for test in campaign.eligibilite:
        yield f"Condition : {_words(test.nom)}", condition_words(test), test.article
    yield from _tariff(campaign)
    for cap in campaign.plafonds:
        when = "" if cap.quand == Condition() else f", si {condition_words(cap.quand)}"
        yield f"Plafond : {_words(cap.nom)}", cap_words(campaign, cap.nom) + when, cap.article
    if fee := campaign.commission:
        vat = "sans TVA" if fee.tva_pourcent is None else f"hors TVA de {french_percent(fee.tva_pourcent)}"
        per = "siège" if fee.par == "siege" else "trajet"
        but = (
            f", même sans la condition {french_list([_words(test) for test in fee.sans_test])}"
            if fee.sans_test
            else ""
        )
        yield "Commission de l’opérateur", f"{cents(fee.centimes_ht)} par {per}, {vat}{but}", fee.article
    if campaign.budget.euros is not None or campaign.budget.avenants:
        covers = (
            "indemnités et commissions TTC"
            if "commission_ttc" in campaign.budget.couvre
            else "indemnités seules"
        )
        yield "Enveloppe", f"{_pot(campaign.budget.euros)} : {covers}", campaign.budget.article
        for change in campaign.budget.avenants:
            yield "Enveloppe", f"{_pot(change.euros)} dès le {_day(change.du)}", change.article
    calls = campaign.appels_de_fonds
    yield "Appels de fonds", f"appel {calls.rythme}, payable sous {calls.paiement_jours} jours", calls.article


def _tariff(campaign: Campaign) -> Iterator[tuple[str, str, str | None]]:
    tariff = campaign.tarif
    tables: list[tuple[str, str, Bands]] = [
        (table_words(table), condition_words(table), table) for table in tariff.tables or []
    ]
    for name, when, bands in tables or [("", "", tariff)]:
        subject = f"Tarif : {name}" if name else "Tarif"
        if when and when != "toujours":
            yield subject, f"s’applique si {when}", tariff.article
        for band in bands.tranches or []:
            yield subject, f"{_span(band)} : {price_words(band, tariff.par)}", tariff.article
        if bands.mode == "cumul":
            yield subject, "les tranches atteintes s’ajoutent", tariff.article
    for step in tariff.ajustements:
        yield "Ajustement du tarif", adjustment_words(step, tariff.par), step.article


def _pot(euros: Decimal | None) -> str:
    return "sans limite" if euros is None else f"{french_number(euros)} €"


def _span(band: Band) -> str:
    """A bound one metre past a whole kilometre is what the text calls « supérieurs à 50 kms »."""
    is_past = band.de_m % 1000 == 1
    start = f"{_km(band.de_m - is_past)} km"
    if band.a_m is None:
        return f"au-delà de {start}" if is_past else f"à partir de {start}"
    end = f"{_km(band.a_m - 1)} km inclus" if band.a_m % 1000 == 1 else f"{_km(band.a_m)} km exclus"
    return f"{'de plus ' * is_past}de {start} à {end}"


def _km(metres: int) -> str:
    return french_number(metres // 1000) if metres % 1000 == 0 else f"{metres / 1000:.3f}".replace(".", ",")


def _words(name: str) -> str:
    return name.replace("_", " ")


def _day(moment: date | datetime) -> str:
    return french_day(moment)
