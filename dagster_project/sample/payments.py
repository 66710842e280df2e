"""Made-up bank statements: what the authority pays, and every way in which a payment goes wrong.

They are made from what documents ask for, so they come once these went out. Three operators have camt.053,
one writes our CSV. Lines of others name made-up persons: nothing of them may be found anywhere afterwards.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from dagster_project.catalogue import catalogue
from dagster_project.catalogue.parties import Authority, Operator
from dagster_project.contracts.money import euros
from dagster_project.contracts.payments import STATEMENT_COLUMNS
from dagster_project.lake.store import Lake
from dagster_project.payments.entries import compact
from dagster_project.sample.drops import lay
from dagster_project.warehouse.cache import NoNightError, published_on, reading

PERSONS = ("M. Exemple Inventé", "Mme Fictive Imaginaire")
_OTHER_SIREN = "130000011"  # of nobody here
_PAYS_AFTER = timedelta(days=20)
_DEMANDS = """
    select operator_id, reference, kind, number, asked_cents, sent_on, due_on
    from payments.demands where asked_cents > 0 and sent_on is not null order by all
"""


@dataclass(frozen=True)
class Transfer:
    """One line of a bank account, cents; `siren` of who pays, none where its account says it.

    `verdict`: what must be said of it (PAYMENT_VERDICTS); none of a line of others.
    """

    booked_on: date
    cents: int
    text: str
    siren: str | None
    verdict: str = "exact"
    name: str = ""


@dataclass(frozen=True)
class Planted:
    """How a demand is paid, and what must be said of it at last (DEMAND_VERDICTS); or lines of no demand."""

    operator_id: str
    reference: str
    verdict: str
    transfers: tuple[Transfer, ...]


def write_statements(lake: Lake, business_date: date, root: Path) -> None:
    """Lay each operator's statement of the days since the last night into payments/<operator>/incoming/.

    Before the first night there is nothing to pay. One statement comes a second time, under another name.
    """
    try:
        paid = planted(lake, root)
    except NoNightError:
        return
    since = published_on(lake) or date.min
    (authority,) = catalogue.authorities(root)
    for number, operator in enumerate(catalogue.operators(root)):
        of_operator = (
            line for demand in paid if demand.operator_id == operator.id for line in demand.transfers
        )
        lines = sorted(
            (
                line
                for line in (*of_operator, *_others(number, business_date))
                if since < line.booked_on <= business_date
            ),
            key=lambda line: (line.booked_on, line.text, line.cents),
        )
        if not lines:
            continue
        is_camt = number < 3
        first_on = lines[0].booked_on if since == date.min else since + timedelta(days=1)
        camt = _camt(operator, authority, lines, first_on, business_date)
        content = camt if is_camt else _csv(operator, lines)
        names = [f"releve_{business_date}.{'xml' if is_camt else 'csv'}"]
        if number == 0:
            names.append(f"releve_{business_date}_bis.xml")
        for name in names:
            file = lake.payments / operator.id / "incoming" / name
            lay(file, content.encode(), datetime.combine(business_date, time(18), UTC))


def planted(lake: Lake, root: Path) -> list[Planted]:
    """How all that was asked for so far is paid, and what must be said of it: the sample's truth."""
    with reading(lake) as connection:
        demands = connection.execute(_DEMANDS).pl()
    (authority,) = catalogue.authorities(root)
    return [
        demand
        for number, operator in enumerate(catalogue.operators(root))
        for demand in _planted(number, demands.filter(operator_id=operator.id).to_dicts(), authority)
    ]


def _planted(  # noqa: PLR0912 -- one branch is one break
    operator: int, demands: list[dict[str, Any]], authority: Authority
) -> Iterator[Planted]:
    """Each demand is paid as asked, twenty days later, but for the breaks."""
    named = {(row["kind"], row["number"]): row for row in demands}
    for (kind, number), row in named.items():
        cents, on = row["asked_cents"], row["sent_on"] + _PAYS_AFTER
        paid = Transfer(on, cents, f"MANDAT {row['reference']}", authority.siren)
        lines: tuple[Transfer, ...] = (paid,)
        verdict = ""
        match operator, kind, number:
            case 1, "advance", 0:  # a later statement asks for the rest
                lines = (replace(paid, cents=cents - 10_000, verdict="taken_over"),)
            case 0, "invoice", 2:
                again = replace(paid, booked_on=on + timedelta(days=6), verdict="double")
                lines, verdict = (paid, again), "overpaid"
            case 0, "invoice", 3:
                lines = (replace(paid, booked_on=on + timedelta(days=24)),)
            case 0, "invoice", 4:
                lines, verdict = (replace(paid, cents=cents + 1_000, verdict="surplus"),), "overpaid"
            case 1, "invoice", 2:
                lines, verdict = (replace(paid, cents=cents // 2, verdict="partial"),), "partial"
            case 1, "invoice", 4:
                lines, verdict = (), "missing"
            case 2, "invoice", 2:  # its buyer refuses it: statuses.py
                lines, verdict = (), "refused"
            case 2, "invoice", 3:
                lines, verdict = (replace(paid, siren=_OTHER_SIREN, verdict="other_payer"),), "missing"
            case 2, "invoice", 4:  # the amount of the month before
                before = named["invoice", 3]["asked_cents"]
                lines = (replace(paid, cents=before, verdict="other_period"),)
                verdict = "overpaid" if before > cents else "partial"
            case 3, "invoice", 1:  # paid with the next one
                on = named["invoice", 2]["sent_on"] + _PAYS_AFTER if ("invoice", 2) in named else on
                lines = ()
            case 3, "invoice", 2:
                first = named["invoice", 1]
                text = f"{first['reference']} et {row['reference']}"
                lines = (replace(paid, cents=cents + first["asked_cents"], text=text),)
            case 3, "invoice", 3:  # no reference; and lines that no demand explains
                lines = (replace(paid, text="COMMISSION PLATEFORME", verdict="by_amount"),)
                foreign = replace(paid, cents=5_000, text="SUBVENTION ASSOCIATION", verdict="no_reference")
                unknown = replace(paid, cents=7_700, text="TROISPLACES-99999", verdict="unknown_reference")
                yield Planted(row["operator_id"], "", "", (foreign, unknown))
        paid_on = max((line.booked_on for line in lines), default=on)
        verdict = verdict or ("paid_late" if paid_on > row["due_on"] else "paid")
        yield Planted(row["operator_id"], row["reference"], verdict, lines)


def _others(operator: int, business_date: date) -> Iterator[Transfer]:
    """Lines that are none of ours, with a person's name."""
    day = business_date - timedelta(days=2)
    yield Transfer(day, -1_250 - operator, f"Reversement {PERSONS[0]}", None, name=PERSONS[0])
    yield Transfer(day, 4_200 + operator, f"Remboursement {PERSONS[1]}", None, name=PERSONS[1])


def _camt(
    operator: Operator, authority: Authority, lines: list[Transfer], first_on: date, last_on: date
) -> str:
    """A statement of some days with its balances; a payer is told by SIREN, or by its account."""
    opening = 1_000_000
    closing = opening + sum(line.cents for line in lines)
    entries = "".join(_entry(authority, number, line) for number, line in enumerate(lines, 1))
    account = f"<Acct><Id><IBAN>{compact(operator.bank[0].iban)}</IBAN></Id><Ccy>EUR</Ccy></Acct>"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>\n'
        f"<GrpHdr><MsgId>{operator.id}-{lines[-1].booked_on:%Y%m%d}</MsgId></GrpHdr>\n"
        f"<Stmt><Id>{lines[-1].booked_on:%Y%m%d}</Id>{account}\n"
        f"{_balance('OPBD', opening, first_on)}{_balance('CLBD', closing, last_on)}{entries}</Stmt>\n"
        "</BkToCstmrStmt></Document>\n"
    )


def _balance(code: str, cents: int, day: date) -> str:
    side = "CRDT" if cents >= 0 else "DBIT"
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="EUR">{euros(abs(cents))}</Amt><CdtDbtInd>{side}</CdtDbtInd>'
        f"<Dt><Dt>{day}</Dt></Dt></Bal>\n"
    )


def _entry(authority: Authority, number: int, line: Transfer) -> str:
    side, party = ("CRDT", "Dbtr") if line.cents > 0 else ("DBIT", "Cdtr")
    name = escape(line.name or authority.name)
    ids = account = ""
    if line.siren == authority.siren and number % 2:
        account = f"<{party}Acct><Id><IBAN>{authority.payment_accounts[0]}</IBAN></Id></{party}Acct>"
    elif line.siren:
        ids = f"<Id><OrgId><Othr><Id>{line.siren}</Id></Othr></OrgId></Id>"
    who = f"<RltdPties><{party}><Pty><Nm>{name}</Nm>{ids}</Pty></{party}>{account}</RltdPties>"
    return (
        f'<Ntry><Amt Ccy="EUR">{euros(abs(line.cents))}</Amt><CdtDbtInd>{side}</CdtDbtInd>'
        f"<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{line.booked_on}</Dt></BookgDt>"
        f"<AcctSvcrRef>{line.booked_on:%Y%m%d}{number:04d}</AcctSvcrRef>\n<NtryDtls><TxDtls>{who}"
        f"<RmtInf><Ustrd>{escape(line.text)}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>\n"
    )


def _csv(operator: Operator, lines: list[Transfer]) -> str:
    """Our CSV, with a line that has no amount and one that is of a day to come."""
    iban = compact(operator.bank[0].iban)
    rows = [
        (iban, f"{line.booked_on}", euros(line.cents).replace(".", ","), line.siren or "", line.text)
        for line in lines
    ]
    rows += [
        (iban, f"{lines[-1].booked_on}", "", "", "ligne sans montant"),
        (iban, "2031-01-01", "1,00", "", ""),
    ]
    csv_lines = (";".join((*row, f"{lines[-1].booked_on:%Y%m%d}{n:04d}")) for n, row in enumerate(rows, 1))
    return "\n".join([";".join(STATEMENT_COLUMNS), *csv_lines]) + "\n"
