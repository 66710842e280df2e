"""Who is told that a night failed, left something to do or did not take place: mails and webhooks."""

from collections.abc import Sequence
from datetime import date, datetime

from dagster_project.contracts.moments import PARIS
from dagster_project.lake.store import Lake
from dagster_project.settings import settings
from dagster_project.watch.report import UNREADABLE, Report, last_report

_MOST_LINES = 20


def tell(report: Report) -> bool:
    """Send what is to be done after a night, or looked at for the first time; whether all of it was sent."""
    new = report.new_warnings
    if report.is_green and not new:
        return True
    alarms = [
        f"{finding.asset} : {finding.check.replace('_', ' ')}{f' ({finding.remedy})' * bool(finding.remedy)}"
        for finding in (*report.alarms, *new)
    ]
    state = "s'est arrêtée" if report.failures else "laisse à faire" if report.alarms else "donne à regarder"
    page = f"La page de la nuit : nights/{report.business_date}.html"
    return _send(f"la nuit du {report.business_date} {state}", [*report.failures, *alarms, page])


def missing(lake: Lake, business_date: date) -> str | None:
    """Why the night of a date is not there, in French; None where one ended and did not fail."""
    report = last_report(lake, business_date.isoformat())
    if report is None:
        return "n'est pas finie : l'entrepôt est encore occupé" if lake.is_held() else "n'a pas eu lieu"
    if UNREADABLE in report["failures"]:
        return "n'a plus de page lisible"
    return "s'est arrêtée" if report["failures"] else None


def tell_missing(business_date: date, why: str, *causes: str) -> bool:
    """Send that a night is not there; whether it was sent to all."""
    now = f"Constaté le {datetime.now(PARIS):%Y-%m-%d à %H:%M}."
    remedy = f"entrepot nightly --date {business_date} la fait ; docs/mauvaise_nuit.md dit où regarder."
    return _send(f"la nuit du {business_date} {why}", [*causes, now, remedy])


def tell_no_copy(why: str) -> bool:
    """Send that no copy of the home was made, or not as it must be; whether it was sent to all."""
    return _send(
        "la copie, ou sa relecture, a échoué", [why, "Les copies plus anciennes restent, même échues."]
    )


def try_out() -> bool:
    """Send a message that asks for nothing; whether it was sent to all."""
    return _send("essai", ["Ce message vérifie que l'entrepôt peut prévenir. Rien à faire."])


def _send(title: str, lines: Sequence[str]) -> bool:
    given = settings().notify
    if given is None or not given.get_secret_value().strip():  # an empty file: nobody
        return True
    from apprise import Apprise  # half a second

    messenger = Apprise()
    known = [messenger.add(address) for address in given.get_secret_value().split()]
    shown = [
        *lines[:_MOST_LINES],
        *([f"… et {len(lines) - _MOST_LINES} autres"] if len(lines) > _MOST_LINES else []),
    ]
    return bool(
        messenger.notify(title=f"Entrepôt ({settings().environment}) : {title}", body="\n".join(shown))
    ) and all(known)
