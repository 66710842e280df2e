"""What of a campaign could never apply, would apply twice, or is more than the engine holds.

Not here: names and codes (checks).
"""

from collections.abc import Iterator

import polars as pl

from dagster_project.campaigns.check.overlaps import Journeys
from dagster_project.campaigns.compile import logic
from dagster_project.campaigns.compile.clauses import Compiler
from dagster_project.campaigns.compile.logic import Clauses, all_of, satisfiable, within
from dagster_project.campaigns.compile.rules import rule_rows
from dagster_project.campaigns.language.conditions import Condition, Dated
from dagster_project.campaigns.language.located import located, operator_names
from dagster_project.campaigns.language.model import Campaign
from dagster_project.campaigns.language.tariff import TariffTable
from dagster_project.files.yaml_faults import Path_
from dagster_project.files.yaml_files import Problem


def inapplicable(campaign: Campaign, places: pl.DataFrame) -> Iterator[Problem]:
    """Rules that no eligible journey meets, tables that one meets twice, more than the engine holds."""
    numbers = {name: number for number, name in enumerate(sorted(operator_names(campaign)), 1)}
    compiler = Compiler(campaign, numbers)
    large = list(_too_large(campaign, compiler))
    if large:
        yield from large
        return
    period = campaign.periode
    whole = Dated(du=period.du, au=None if period.jusqu_a_epuisement else period.au)
    eligible = all_of([compiler.operators(), compiler.period(whole)])
    if campaign.perimetre:
        guard = Condition(origine_ou_destination=campaign.perimetre.territoire)
        eligible = all_of([eligible, compiler.condition(guard)])
    for index, test in enumerate(campaign.eligibilite):
        eligible = all_of([eligible, compiler.test(test)])
        if not satisfiable(eligible):
            message = (
                f"aucun trajet ne peut passer le test `{test.nom}` avec ceux qui précèdent ; en corriger un"
            )
            yield ("eligibilite", index), message
            return
    yield from _rules(campaign, compiler, eligible)
    yield from _tables(campaign, compiler, eligible, places)


def _too_large(campaign: Campaign, compiler: Compiler) -> Iterator[Problem]:
    for path, condition in located(campaign):
        try:
            compiler.test(condition)
            compiler.rule(condition)
        except ValueError as error:
            yield path, str(error)
            return
    try:
        rule_rows([campaign])
    except ValueError as error:
        yield (), str(error)


def _rules(campaign: Campaign, compiler: Compiler, eligible: Clauses) -> Iterator[Problem]:
    for path, condition in located(campaign):
        dated = campaign.plafonds[int(path[1])] if path[0] == "plafonds" else None
        is_tested_elsewhere = path[0] == "eligibilite" or path[:2] == ("tarif", "tables")
        if not is_tested_elsewhere and not satisfiable(all_of([eligible, compiler.rule(condition, dated)])):
            yield path, "ne s'appliquerait à aucun trajet éligible ; corriger la condition ou les dates"


def _tables(
    campaign: Campaign, compiler: Compiler, eligible: Clauses, places: pl.DataFrame
) -> Iterator[Problem]:
    tables = campaign.tarif.all_tables
    journeys = Journeys(compiler, places) if len(tables) > 1 else None
    for index, table in enumerate(tables):
        path: Path_ = ("tarif", "tables", index) if campaign.tarif.tables else ("tarif",)
        in_force = all_of([eligible, compiler.rule(table)])
        if not satisfiable(in_force):
            message = f"la table `{table.nom}` ne s'applique à aucun trajet éligible ; la retirer ou corriger"
            yield path, message
            continue
        yield from _bands(path, table, in_force)
        for other in tables[:index]:
            if journeys and journeys.both(in_force, compiler.rule(other)):
                message = f"les tables `{other.nom}` et `{table.nom}` se recouvrent ; limiter l'une des deux"
                yield path, f"{message} (dates, distances, ou `sauf`), car une seule doit s'appliquer"


def _bands(path: Path_, table: TariffTable, in_force: Clauses) -> Iterator[Problem]:
    for place, band in enumerate(table.tranches or []):
        last = band.a_m - 1 if table.mode != "cumul" and band.a_m is not None else logic.INFINITE
        if not satisfiable(all_of([in_force, within(logic.DISTANCE, [(band.de_m, last)])])):
            message = (
                f"la tranche dès {band.de_m} m ne s'appliquerait jamais : les tests de distance l'excluent"
            )
            yield (*path, "tranches", place), f"{message} ; la retirer ou corriger un test"
