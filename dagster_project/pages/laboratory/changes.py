"""What differs between campaign files, in words: each subject on which they do not say the same.

`names`: operators by id, places by level and code ("epci 200011773").
"""

from collections.abc import Iterator, Mapping, Sequence

from dagster_project.campaigns.language.model import Campaign
from dagster_project.campaigns.language.territories import LEVELS, Selector
from dagster_project.campaigns.language.words import condition_words
from dagster_project.pages.page import Column, Row, Table
from dagster_project.reports.shared.french import french_day
from dagster_project.reports.shared.rules import rule_lines
from dagster_project.reports.shared.source import article_words
from dagster_project.simulation.figures import Variant

_ABSENT = "rien"
_LEVELS = {"epci": "EPCI", "aom": "AOM", "departement": "département", "region": "région"}
# Keys of a file whose words are a subject's, or begin it.
_SUBJECTS: dict[str, str | tuple[str, ...]] = {
    "nom": "Nom",
    "convention": "Convention",
    "beneficiaire": "Bénéficiaire",
    "periode": "Période",
    "operateurs": "Opérateurs",
    "territoires": "Territoire",
    "perimetre": "Périmètre",
    "eligibilite": "Condition",
    "tarif": ("Tarif", "Ajustement", "Distance payée"),
    "plafonds": "Plafond",
    "commission": "Commission",
    "budget": "Enveloppe",
    "delai_d_envoi": "Délai d’envoi",
    "appels_de_fonds": "Appels de fonds",
}


def changes(variants: Sequence[Variant], names: dict[str, str]) -> Table:
    """A row for each subject, the files side by side; a file that says nothing of it says so."""
    said = [_by_subject(variant.campaign, names) for variant in variants]
    rows = [
        Row((subject, *words, articles))
        for subject in dict.fromkeys(subject for by_subject in said for subject in by_subject)
        for words, articles in [_side_by_side(said, subject)]
        if len(set(words)) > 1
    ]
    return Table(
        "differences",
        "Ce qui diffère d’un fichier à l’autre",
        (Column("Sujet"), *(Column(variant.name) for variant in variants), Column("Texte")),
        [*rows, *_others(variants, {str(row.cells[0]) for row in rows})],
        empty="Les fichiers disent la même chose.",
        stacks=True,
    )


def texts(variants: Sequence[Variant], names: dict[str, str]) -> list[Table]:
    """Each file's rules in full: what the authority's page tells, and what it leaves out."""
    return [
        Table(
            f"regles_{number}",
            f"Règles du fichier {variant.name}",
            (Column("Sujet"), Column("Règle"), Column("Texte")),
            [
                Row((subject, rule[:1].upper() + rule[1:], article_words(article)))
                for subject, rule, article in _lines(variant.campaign, names)
                if subject not in ("Nom", "Convention")
            ],
        )
        for number, variant in enumerate(variants, 1)
    ]


def _side_by_side(
    said: Sequence[Mapping[str, Sequence[tuple[str, str | None]]]], subject: str
) -> tuple[list[str], str]:
    """What of it each file says and not all of them do, and the articles that any of them names.

    All of it, where one file says nothing but what the others say, too.
    """
    lines = [[rule for rule, _ in by_subject.get(subject, [])] for by_subject in said]
    shared = set(lines[0]).intersection(*lines)
    own = [[rule for rule in of if rule not in shared] for of in lines]
    words = [" ; ".join(of) or _ABSENT for of in (own if all(own) else lines)]
    articles = dict.fromkeys(
        article for by_subject in said for _, article in by_subject.get(subject, []) if article
    )
    return words, " ; ".join(map(article_words, articles))


def _by_subject(campaign: Campaign, names: dict[str, str]) -> dict[str, list[tuple[str, str | None]]]:
    rules_by_subject: dict[str, list[tuple[str, str | None]]] = {}
    for subject, rule, article in _lines(campaign, names):
        rules_by_subject.setdefault(subject, []).append((rule, article))
    return rules_by_subject


def _lines(campaign: Campaign, names: dict[str, str]) -> Iterator[tuple[str, str, str | None]]:
    """What an authority's page tells, and what it leaves out, for there it does not change."""
    yield "Nom", campaign.nom, None
    yield "Convention", campaign.convention, None
    for payee in campaign.beneficiaire:
        when = "" if (words := condition_words(payee)) == "toujours" else f", si {words}"
        share = f" ({payee.passenger_percent} % au passager)" if payee.qui == "partage" else ""
        yield "Bénéficiaire", f"{payee.qui}{share}{when}", payee.article
    yield from rule_lines(campaign, names)
    step = campaign.tarif.distance_facturee.arrondi_m
    yield "Distance payée", f"arrondie à {step} m" if step > 1 else "au mètre", campaign.tarif.article
    if all(cents is None for _, cents in campaign.budget.pots):
        yield "Enveloppe", "sans limite", campaign.budget.article
    for name in campaign.territoires:
        for start, selector, year in campaign.versions(name):
            since = f"dès le {french_day(start.astimezone(campaign.zone))} : " if start else ""
            yield f"Territoire : {name}", f"{since}{_places(selector, names)} (codes de {year})", None
    if grace := campaign.delai_d_envoi:
        hours = "sans limite" if grace.heures == "sans_limite" else f"{grace.heures} h"
        yield (
            "Délai d’envoi",
            f"{hours} (les trajets refusés en retard n’en sont pas repris ici)",
            grace.article,
        )


def _places(selector: Selector, names: dict[str, str]) -> str:
    listed = [
        f"{_LEVELS.get(level, level)} {', '.join(names.get(f'{level} {code}', code) for code in codes)}"
        for level in LEVELS
        if (codes := getattr(selector, level))
    ]
    listed += ["un polygone"] if selector.polygone else []
    if circle := selector.cercle:
        listed.append(f"cercle de {circle.rayon_m} m")
    return " ; ".join(listed)


def _others(variants: Sequence[Variant], worded_subjects: set[str]) -> Iterator[Row]:
    """Settings that differ without a word of their own: told by their key, so that none is passed over."""
    for key in Campaign.model_fields:
        values = [getattr(variant.campaign, key) for variant in variants]
        subject = _SUBJECTS.get(key, ())
        if all(value == values[0] for value in values) or any(
            worded.startswith(subject) for worded in worded_subjects
        ):
            continue
        words = ["comme écrit", *("autrement" if value != values[0] else "de même" for value in values[1:])]
        yield Row((f"Autre réglage : {key}", *words, ""))
