"""What a night did and what is to be done about it: `nights/<date>.html` and `.json`, from Dagster's events.

It repeats what steps and checks say, and these hold no value of a person (errors). Not here: who is told.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import dagster as dg
from jinja2 import Environment, PackageLoader, StrictUndefined

from dagster_project.contracts.moments import PARIS
from dagster_project.files.disk import put
from dagster_project.lake.store import Lake
from dagster_project.watch import missed
from dagster_project.watch.remedies import REMEDIES

# What of an asset's figures the page shows, in the order of the night.
_FIGURES = {
    "lake/drops": "Reçu",
    "retention/removals": "Retiré, à son terme",
    "ledger/closings": "Clos",
    "ledger/advances": "Acomptes et bilans décidés",
    "exports/fund_calls": "Documents des campagnes",
    "exports/accounts": "Relevés de compte et rapprochements",
    "exports/authority_journeys": "Trajets des autorités",
    "exports/feedback": "Réponses aux opérateurs",
    "feedback/attestations": "Attestations",
    "exports/observatory": "Données ouvertes",
    "retention/retentions": "Preuve de l'effacement",
}
_WORDS = {
    "accepted_rows": "lignes acceptées",
    "advance_alerts": "alertes d'acompte",
    "advances": "acomptes",
    "answered_before": "déjà répondues",
    "answers": "réponses",
    "attestations": "attestations",
    "authorities": "autorités",
    "calls": "appels",
    "calls_looked_at": "appels regardés",
    "closings": "clôtures",
    "closings_read_again": "clôtures relues",
    "counts": "compte",
    "accounting_lines": "lignes d'écritures comptables",
    "drops": "dépôts",
    "entries": "écritures",
    "errors": "erreurs",
    "failing": "nombre",
    "failing_rows": "lignes",
    "files": "fichiers",
    "files_saved_by_merging": "fichiers de moins par fusion",
    "findings_by_code": "défauts par code",
    "held_back": "retenus",
    "issued": "émis cette nuit",
    "is_all_built_again": "tout refait",
    "journeys_by_code": "trajets par code",
    "known_drops": "dépôts déjà connus",
    "labels": "signalements",
    "months_told": "mois publiés",
    "months_told_anew": "mois publiés de nouveau",
    "models_built_again": "modèles refaits",
    "not_files": "pas des fichiers",
    "operators": "opérateurs",
    "pages": "pages",
    "persons_by_operator": "personnes par opérateur",
    "pot_reviews": "bilans intermédiaires",
    "problems": "problèmes",
    "refused_by_code": "refus par code",
    "refused_drops": "dépôts refusés",
    "rejected_rows": "lignes rejetées",
    "removed": "retiré",
    "requests": "demandes",
    "shared_costs": "dépassements des frais partagés",
    "amounts": "indemnités de trajets",
    "pot_ends": "avis de fin d'enveloppe",
    "rows": "lignes",
    "rows_and_usual_by_operator": "lignes par opérateur, reçues et d'habitude",
    "values_searched": "valeurs cherchées",
    "values_too_short": "valeurs trop courtes pour être cherchées",
    "waits_for_the_archive": "attend l'archive",
}
UNREADABLE = "The JSON of this night is damaged, or not this user's. Remedy: run the night again."
_PAGES = Environment(
    loader=PackageLoader("dagster_project.watch", "."),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
)


@dataclass(frozen=True)
class Finding:
    """A check that failed; `since`: the night from which it has failed over nothing else, however many."""

    asset: str
    check: str
    is_alarm: bool
    figures: Mapping[str, Any]
    since: str
    remedy: str  # what to do, in French


@dataclass(frozen=True)
class Report:
    """One night. Seconds of its run; figures of each of _FIGURES; instants of Europe/Paris."""

    business_date: str
    run_id: str
    ended_at: str
    seconds: int
    stands_in_for: tuple[str, ...]  # days without a night of their own
    failures: tuple[str, ...]
    findings: tuple[Finding, ...]
    figures: Mapping[str, Mapping[str, Any]]

    @property
    def alarms(self) -> list[Finding]:
        """Failed checks of severity ERROR: they stop no step, and somebody has to act."""
        return [finding for finding in self.findings if finding.is_alarm]

    @property
    def warnings(self) -> list[Finding]:
        """Failed checks of severity WARN, what is new first."""
        rest = [finding for finding in self.findings if not finding.is_alarm]
        return sorted(rest, key=lambda finding: finding.since != self.business_date)

    @property
    def new_warnings(self) -> list[Finding]:
        """Those over something that the night before did not warn of."""
        return [finding for finding in self.warnings if finding.since == self.business_date]

    @property
    def is_green(self) -> bool:
        """Whether nobody has to do anything."""
        return not self.failures and not self.alarms


def write_report(
    lake: Lake, instance: dg.DagsterInstance, run_id: str, business_date: str
) -> tuple[Report, bool]:
    """Write the page and the JSON of a night's run that has ended; the report, and whether it is new.

    The daemon's sensor sees a night of the command line, too: who comes second has nothing to tell.
    """
    (record,) = instance.get_run_records(dg.RunsFilter(run_ids=[run_id]))
    day, known = date.fromisoformat(business_date), last_report(lake, business_date)
    done = _days_done(lake, but=business_date)
    days = missed.stands_in_for(day, done) if record.dagster_run.is_success else ()
    is_new = not known or known["run_id"] != run_id
    events = [entry.dagster_event for entry in instance.all_logs(run_id) if entry.dagster_event]
    report = _report(events, record, business_date, _night_before(lake, business_date), days)
    if known and is_new and _ended(instance, known["run_id"]) > (record.end_time or 0):
        return report, False  # a daemon that was down sees an old run: the night has been run again since
    if is_new:
        made = [event.asset_key for event in events if event.is_step_materialization and event.asset_key]
        missed.mark(instance, days, made, f"No night came to its end: that of {day} did its work.")
        lost = missed.forgotten(instance, done) if record.dagster_run.is_success else ()
        missed.mark(instance, lost, made, "A night came to its end; its run is kept no longer.")
    _put(lake, report)
    return report, is_new


def _ended(instance: dg.DagsterInstance, run_id: str) -> float:
    """When a run ended; of one that Dagster has forgotten, long ago."""
    records = instance.get_run_records(dg.RunsFilter(run_ids=[run_id]))
    return max((record.end_time or 0 for record in records), default=0)


def write_unbegun(lake: Lake, business_date: date, failure: str) -> None:
    """Write the page and the JSON of a night that found no room to begin; nothing where they have none.

    Where a night of that date has ended well, its page stays.
    """
    now = f"{datetime.now(PARIS):%Y-%m-%d %H:%M}"
    with suppress(OSError):  # told by message all the same
        known = last_report(lake, business_date.isoformat())
        if known and not known["failures"]:
            return
        _put(lake, Report(business_date.isoformat(), "", now, 0, (), (failure,), (), {}))


def _put(lake: Lake, report: Report) -> None:
    file = lake.nights / f"{report.business_date}.json"
    put(file, json.dumps(asdict(report), ensure_ascii=False, indent=1, default=str))
    page = _PAGES.get_template("night.html.jinja").render(night=report, titles=_FIGURES, words=_WORDS)
    put(file.with_suffix(".html"), page)


def last_report(lake: Lake, business_date: str) -> Mapping[str, Any] | None:
    """The JSON of a night; none where no run of it has ended. One that cannot be read says that alone."""
    file = lake.nights / f"{business_date}.json"
    try:
        return dict(json.loads(file.read_text("utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return asdict(Report(business_date, "", "", 0, (), (UNREADABLE,), (), {}))


def _days_done(lake: Lake, but: str) -> set[date]:
    """Days that nights have done, but for what the night of one date did."""
    dates = (file.stem for file in lake.nights.glob("*.json") if file.stem != but)
    reports = filter(None, (last_report(lake, business_date) for business_date in dates))
    done = (
        (report["business_date"], *report["stands_in_for"]) for report in reports if not report["failures"]
    )
    return {date.fromisoformat(day) for days in done for day in days}


def _night_before(lake: Lake, business_date: str) -> Mapping[str, Any]:
    """The last that came to its end: of one that stopped, checks are missing."""
    names = [file.stem for file in lake.nights.glob("*.json") if file.stem < business_date]
    reports = filter(None, (last_report(lake, name) for name in sorted(names, reverse=True)))
    return next((report for report in reports if not report["failures"]), {"findings": []})


def _causes(figures: Mapping[str, Any]) -> set[str]:
    """What a check failed over: the operators, sentences or codes that it lists; of a number, its name."""
    return {
        f"{name} {part}"
        for name, value in figures.items()
        for part in (value if isinstance(value, list | dict) else [""])
    }


def _report(
    events: Sequence[dg.DagsterEvent],
    record: Any,
    business_date: str,
    before: Mapping[str, Any],
    stands_in_for: Sequence[date],
) -> Report:
    failures = tuple(_failure(event) for event in events if event.is_step_failure)
    known = {(finding["asset"], finding["check"]): finding for finding in before["findings"]}
    findings = []
    for event in events:
        if event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            evaluation = event.asset_check_evaluation_data
            if evaluation.passed:
                continue
            asset, figures = evaluation.asset_key.to_user_string(), _values(evaluation.metadata)
            old = known.get((asset, evaluation.check_name), {"figures": {}, "since": business_date})
            is_known = _causes(figures) <= _causes(old["figures"])
            findings.append(
                Finding(
                    asset=asset,
                    check=evaluation.check_name,
                    is_alarm=evaluation.severity == dg.AssetCheckSeverity.ERROR,
                    figures=figures,
                    since=old["since"] if is_known else business_date,
                    remedy=REMEDIES.get(evaluation.check_name, ""),
                )
            )
    made = {
        event.asset_key.to_user_string(): _values(event.step_materialization_data.materialization.metadata)
        for event in events
        if event.is_step_materialization and event.asset_key
    }
    ended = tuple(_cause(event) for event in events if event.is_run_failure or _is_canceled(event))
    start, end = record.start_time or record.end_time, record.end_time or record.start_time
    return Report(
        business_date=business_date,
        run_id=record.dagster_run.run_id,
        ended_at=f"{datetime.fromtimestamp(end, PARIS):%Y-%m-%d %H:%M}",
        seconds=round(end - start),
        stands_in_for=tuple(day.isoformat() for day in stands_in_for),
        failures=failures or ended,
        findings=tuple(findings),
        figures={asset: made[asset] for asset in _FIGURES if asset in made},
    )


def _values(metadata: Mapping[str, dg.MetadataValue[Any]]) -> dict[str, Any]:
    """What JSON can hold of an asset's or a check's metadata; not what only Dagster's pages show."""
    values = {
        name: entry.value for name, entry in metadata.items() if not name.startswith(("dagster/", "plot/"))
    }
    return {
        name: value
        for name, value in json.loads(json.dumps(values, default=str)).items()
        if value not in ({}, [])
    }


def _failure(event: dg.DagsterEvent) -> str:
    failure = event.step_failure_data.user_failure_data
    return f"{event.step_key}: {failure.description if failure else event.message}"


def _is_canceled(event: dg.DagsterEvent) -> bool:
    return event.event_type == dg.DagsterEventType.RUN_CANCELED


def _cause(event: dg.DagsterEvent) -> str:
    if _is_canceled(event):
        return "The night was canceled."
    failure = event.job_failure_data if event.event_specific_data else None  # none: told by another process
    error = failure.error if failure else None
    while error and error.cause:
        error = error.cause
    message = error.message.strip() if error else event.message or ""
    return message.partition(f"{dg.Failure.__name__}: ")[2] or message  # our sentence without its class
