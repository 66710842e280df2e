"""What an analyst asks first, each answered in a sentence that leads to its section. It decides nothing."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from dagster_project.pages.page import Table, month_words
from dagster_project.reports.account.reconciled import reason_words
from dagster_project.reports.shared.french import french_euros, french_list
from dagster_project.reports.shared.pot_end import end_words

_FIRST = 3
_Rows = Sequence[Mapping[str, Any]]


def due_cards(demands: _Rows, today: date) -> list[tuple[str, str, str]]:
    """What is left of demands by the month in which it is due, and what operators have to give back.

    What has no term is due at once.
    """
    left = [row for row in demands if row["left_cents"] > 0]
    waiting = [row for row in left if row["kind"] == "invoice" and row["due_on"] is None]
    owed = [row for row in left if row not in waiting]
    late = [row for row in owed if row["due_on"] is None or row["due_on"] < today]
    cards = [_card("Échu", late)] if late else []
    months = {row["due_on"].replace(day=1) for row in owed if row not in late}
    for month in sorted(months | {today.replace(day=1)}):
        due = [row for row in owed if row not in late and row["due_on"].replace(day=1) == month]
        cards.append(_card(f"À payer en {month_words(month)}", due))
    cards += [_card("Délai interrompu", waiting)] if waiting else []
    back = [row for row in demands if row["left_cents"] < 0]
    return [*cards, _card("À vous rendre", back)] if back else cards


def _card(name: str, demands: _Rows) -> tuple[str, str, str]:
    """`unseen`: no statement of the bank goes as far as the term."""
    unseen = sum(row["status"] == "unseen" for row in demands)
    count = f"{len(demands)} demande{'s' if len(demands) > 1 else ''}" if demands else "aucune demande"
    words = f", dont {unseen} payées peut-être : aucun relevé bancaire ne va jusqu’à leur échéance"
    charges = sum((row["interest_cents"] or 0) + (row["indemnity_cents"] or 0) for row in demands)
    late = f" ; intérêts et indemnités de retard en plus, {french_euros(charges)} (relevés de compte)"
    return (
        name,
        french_euros(abs(sum(row["left_cents"] for row in demands))),
        count + words * bool(unseen) + late * bool(charges),
    )


def asked(
    cards: Sequence[tuple[str, str, str]],
    campaigns: Sequence[Mapping[str, Any]],
    grown: Table | None,
    names: Mapping[str, str],
) -> Iterator[tuple[str, str, str]]:
    """The section, the question, the answer.

    `campaigns`: `name`, `status` and `gaps` (by operator and reason) of each; `grown`: flows, the most first.
    """
    due = " ; ".join(f"{name[0].lower()}{name[1:]} : {amount}" for name, amount, _ in cards)
    yield "faire", "Que payer, et quand ?", f"{due[0].upper()}{due[1:]}."
    which = {campaign["id"]: f" ({campaign['name']})" if len(campaigns) > 1 else "" for campaign in campaigns}
    for campaign in campaigns:
        yield (
            "enveloppe",
            f"Quand l’enveloppe est-elle vide ?{which[campaign['id']]}",
            end_words(campaign["status"]),
        )
    yield "lieux-section", "Quels flux ont le plus augmenté ?", _grown(grown)
    question = "Pourquoi un opérateur est-il payé moins qu’il n’a déclaré ?"
    for campaign in campaigns:
        yield "declare", f"{question}{which[campaign['id']]}", _less(campaign, names)


def _grown(table: Table | None) -> str:
    if table is None or not table.rows:
        return "Aucun que l’on puisse comparer d’un mois à l’autre ; les plus grands sont au détail."
    months = " à ".join(column.head.lower() for column in table.columns[2:4])
    flows = [f"{row.cells[0]} → {row.cells[1]} (+ {row.cells[-1]})" for row in table.rows[:_FIRST]]
    return (
        f"Trajets passagers, de {months}, parmi les flux que les deux mois montrent : {french_list(flows)}."
    )


def _less(campaign: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Operators that declared what is not due, with the amount of each reason, the greatest first."""
    operator_sentences = []
    for operator in {row["operator_id"]: None for row in campaign["gaps"]}:
        lost = Counter[str]()
        for row in campaign["gaps"]:
            if row["operator_id"] == operator and row["gap_cents"] > 0:
                lost[row["reason"]] += row["gap_cents"]
        if lost:
            why = [f"{reason_words(reason)} {french_euros(cents)}" for reason, cents in lost.most_common()]
            amount = french_euros(lost.total())
            operator_sentences.append(f"{names[operator]} : {amount} déclarés et non dus ({', '.join(why)})")
    return (
        f"{' ; '.join(operator_sentences)}."
        if operator_sentences
        else "Aucun ne l’est : rien n’est déclaré qui ne soit dû."
    )
