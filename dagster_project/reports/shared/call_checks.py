"""The registry's checks on fund calls, in French: which ones failed, and which calls they hold back."""

from dataclasses import dataclass
from datetime import date

import duckdb

from dagster_project.files.statements import statements
from dagster_project.reports.shared.french import french_day, french_euros

ERRORS = {
    "amounts_outside_their_band": "montant(s) hors des bornes de leur tranche",
    "amounts_above_tariff_or_caps": "montant(s) négatif(s), au-dessus du tarif ou des plafonds",
    "ineligible_journeys_paid": "ligne(s) non éligible(s) indemnisée(s)",
    "zero_amounts_counted_as_paid": "ligne(s) à 0 € comptée(s) comme indemnisée(s)",
    "caps_passed": "plafond(s) dépassé(s)",
    "cents_off_the_ledger": "centime(s) d’écart avec le grand livre",
    "cents_off_the_invoices": "centime(s) d’écart avec les factures de commission",
}
ALERTS = {
    "month_on_month_jumps": "month(s) with over twice, or under half, the journeys of the month before",
    "months_fallen_to_zero": "month(s) whose incentives fell to zero while the pot was not empty",
    "means_far_from_other_operators": "mean incentive over half above, or a third below, other operators'",
    "days_without_a_journey": "day(s) without a journey",
    "cents_without_a_convention": "cent(s) claimed by an operator that had signed no convention",
}
_SQL = statements(__file__)


Held = dict[tuple[str, date], str]  # why a call may not go out, by operator and first day of its period


@dataclass(frozen=True)
class CallCheck:
    """A check over all calls: what it counts, and the calls that it found it in."""

    is_error: bool
    counts: str
    failing: int
    calls: tuple[str, ...]


def verdicts(connection: duckdb.DuckDBPyConnection) -> dict[str, CallCheck]:
    """Every check, by name."""
    by_check: dict[str, list[tuple[str, int]]] = {}
    rows = connection.execute(
        "select check_name, concat_ws('/', campaign_id, operator_id, period_start_on), failing "
        "from finance.call_checks where failing > 0 order by all"
    )
    for name, call, failing in rows.fetchall():
        by_check.setdefault(name, []).append((call, failing))
    return {
        name: CallCheck(
            is_error=name in ERRORS,
            counts=counts,
            failing=sum(failing for _, failing in by_check.get(name, [])),
            calls=tuple(call for call, _ in by_check.get(name, [])),
        )
        for name, counts in (ERRORS | ALERTS).items()
    }


def held_calls(connection: duckdb.DuckDBPyConnection, campaign_id: str) -> Held:
    """Why a call of the campaign may not go out, by operator and first day of its period."""
    held: dict[tuple[str, date], list[str]] = {}
    for operator_id, start_on, name, failing in connection.execute(
        "select operator_id, period_start_on, check_name, failing from finance.call_checks "
        "where campaign_id = ? and is_error and failing > 0 order by all",
        [campaign_id],
    ).fetchall():
        held.setdefault((operator_id, start_on), []).append(f"{failing} {ERRORS[name]}")
    for operator_id, start_on, year, cents in connection.execute(
        _SQL["blocked"], {"campaign_id": campaign_id}
    ).fetchall():
        held.setdefault((operator_id, start_on), []).append(
            f"plus de {french_euros(cents)} en {year} sans convention (JURIDIQUE étape 6) ; "
            "en signer une et l’inscrire dans la fiche de l’autorité"
        )
    return {call: " ; ".join(reasons) for call, reasons in held.items()}


def resting_on(held: Held, operator_id: str, *, since: date, before: date) -> str:
    """Why what rests on an operator's calls that begin in [`since`, `before`) is held with them."""
    for (operator, start), reason in sorted(held.items()):
        if operator == operator_id and since <= start < before:
            return f"repose sur l'appel de fonds de la période du {french_day(start)}, retenu : {reason}"
    return ""
