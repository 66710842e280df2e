"""The list of campaigns as open data: who pays whom what, where, from when; and the schema of the list.

A field's description is what readers of the schema get, in French. Not here: what rules mean (campaigns).
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from dagster_project.campaigns.language.model import Campaign
from dagster_project.campaigns.language.words import condition_words, price_words
from dagster_project.catalogue.parties import Authority
from dagster_project.reports.shared.rules import rule_lines
from dagster_project.reports.shared.source import Parties, article_words

VERSION = "1.0"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Payer(_Part):
    """Qui paie."""

    id: str = Field(description="Identifiant stable de l’autorité dans ce jeu de données.")
    nom: str
    siren: str = Field(pattern=r"^\d{9}$")


class Carrier(_Part):
    """Par qui passe l’indemnité."""

    id: str = Field(description="Identifiant stable de l’opérateur dans ce jeu de données.")
    nom: str
    siret: str = Field(pattern=r"^\d{14}$")


class Listing(_Part):
    """Les opérateurs, depuis un jour ; la dernière liste dont le jour est passé est en vigueur."""

    du: date
    tous: bool = Field(description="Vrai : tout opérateur ; la liste est alors vide.")
    liste: list[Carrier]


class Code(_Part):
    """Un territoire par son code."""

    niveau: str = Field(description="commune, ville, epci, aom, departement, region ou pays.")
    code: str


class Zone(_Part):
    """Un territoire nommé par la campagne, depuis un jour (vide : depuis le début)."""

    nom: str
    du: date | None
    millesime: int = Field(description="Année dont parlent les codes.")
    codes: list[Code]
    polygone: dict[str, Any] | None = Field(description="GeoJSON, s’il est dessiné.")
    cercle: dict[str, Any] | None = Field(description="lat, lon, rayon_m, si c’est un cercle.")


class Step(_Part):
    """Ce que donne un trajet d’une longueur, avant ajustements et plafonds."""

    bareme: str
    si: str = Field(description="Quand ce barème s’applique.")
    de_m: int = Field(description="Distance, mètres, comprise.")
    a_m: int | None = Field(description="Distance, mètres, exclue ; vide : sans limite.")
    prix: str
    centimes: int | None = Field(description="Montant fixe, centimes, s’il y en a un.")
    dixiemes_de_centime_par_km: int | None = Field(description="Montant au kilomètre, s’il y en a un.")


class Rule(_Part):
    """Une règle en toutes lettres, et l’article de la convention qui la dit."""

    sujet: str
    regle: str
    texte: str


class PublicCampaign(_Part):
    """Une campagne d’incitation."""

    id: str = Field(description="Identifiant stable.")
    nom: str
    convention: str = Field(description="Référence de la convention signée.")
    autorite: Payer
    beneficiaire: list[str] = Field(description="Qui reçoit l’indemnité ; le premier cas qui est vrai.")
    operateurs: list[Listing]
    du: date = Field(description="Premier jour, compris.")
    au: date = Field(description="Dernier jour, compris.")
    jusqu_a_epuisement: bool = Field(description="L’enveloppe peut y mettre fin plus tôt, ou plus tard.")
    perimetre: str | None = Field(description="Nom du territoire où le trajet doit commencer ou finir.")
    territoires: list[Zone]
    par: str = Field(description="trajet ou siege : ce que compte le tarif.")
    tarif: list[Step]
    regles: list[Rule] = Field(description="Toutes les règles : conditions, tarif, plafonds, enveloppe.")


class PublicCampaigns(_Part):
    """Les campagnes que connaît le registre : qui paie, à qui, combien, où, depuis quand."""

    version_du_schema: str
    a_jour_au: date = Field(description="Jour où la liste a changé pour la dernière fois.")
    campagnes: list[PublicCampaign]


def schema() -> dict[str, Any]:
    """The JSON Schema of the list."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | PublicCampaigns.model_json_schema()


def public_campaigns(campaigns: Sequence[Campaign], parties: Parties) -> list[PublicCampaign]:
    """Every campaign of the catalogue, by id, with its parties as their files name them now."""
    names = {operator.id: operator.name for operator in parties.operators.values()}
    return [
        _public(campaign, parties.authorities[campaign.autorite], parties, names)
        for campaign in sorted(campaigns, key=lambda campaign: campaign.id)
    ]


def _public(
    campaign: Campaign, authority: Authority, parties: Parties, names: Mapping[str, str]
) -> PublicCampaign:
    carriers = parties.operators
    return PublicCampaign(
        id=campaign.id,
        nom=campaign.nom,
        convention=campaign.convention,
        autorite=Payer(id=authority.id, nom=authority.name, siren=authority.siren),
        beneficiaire=[
            payee.qui
            + (f" ({payee.passager_pourcent} % au passager)" if payee.passager_pourcent else "")
            + ("" if condition_words(payee) == "toujours" else f", si {condition_words(payee)}")
            for payee in campaign.beneficiaire
        ],
        operateurs=[
            Listing(
                du=_day(listing.du),
                tous=not listing.named,
                liste=[
                    Carrier(id=operator_id, nom=names[operator_id], siret=carriers[operator_id].siret)
                    for operator_id in listing.named
                    if operator_id in carriers
                ],
            )
            for listing in campaign.operateurs
        ],
        du=_day(campaign.periode.du),
        au=_day(campaign.periode.au),
        jusqu_a_epuisement=campaign.periode.jusqu_a_epuisement,
        perimetre=campaign.perimetre.territoire if campaign.perimetre else None,
        territoires=[
            Zone(
                nom=name,
                du=start and start.astimezone(campaign.zone).date(),
                millesime=year,
                codes=[Code(niveau=level, code=code) for level, code in selector.codes],
                polygone=selector.polygone.model_dump(mode="json") if selector.polygone else None,
                cercle=selector.cercle.model_dump(mode="json") if selector.cercle else None,
            )
            for name in campaign.territoires
            for start, selector, year in campaign.versions(name)
        ],
        par=campaign.tarif.par,
        tarif=[
            Step(
                bareme=table.nom,
                si=condition_words(table),
                de_m=band.de_m,
                a_m=band.a_m,
                prix=price_words(band, campaign.tarif.par),
                centimes=band.centimes,
                dixiemes_de_centime_par_km=None
                if band.centimes_par_km is None
                else int(10 * band.centimes_par_km),
            )
            for table in campaign.tarif.all_tables
            for band in table.tranches or []
        ],
        regles=[
            Rule(sujet=subject, regle=rule, texte=article_words(article))
            for subject, rule, article in rule_lines(campaign, names)
        ],
    )


def _day(moment: date | datetime) -> date:
    return moment.date() if isinstance(moment, datetime) else moment
