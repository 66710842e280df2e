"""What an operator's accounts load: `feedback/SIRENFECAAAAMMJJ.txt`, a file per year, made anew each night.

The eighteen fields of article A. 47 A-1 of the livre des procédures fiscales, so that any software reads
them: entries to load, not the whole file that an inspector asks for. Sums by document, no journey, no person.
Not here: what is booked where (dbt, `accounting_entries`). Why: D-255 to D-257.
"""

from datetime import date
from typing import Any

import duckdb

from dagster_project.catalogue import catalogue
from dagster_project.catalogue.parties import Authority
from dagster_project.contracts.money import euros
from dagster_project.drops.answers.folder import deliver
from dagster_project.drops.claim import operators
from dagster_project.drops.troubles import Troubles
from dagster_project.files.statements import statements
from dagster_project.lake.store import Lake
from dagster_project.settings import settings

FIELDS = (
    *("JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum"),
    *("CompAuxLib", "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet"),
    *("ValidDate", "Montantdevise", "Idevise"),
)
JOURNALS = {"VE": "Commissions facturées", "IN": "Indemnités appelées", "AV": "Acomptes d'indemnités"}
ACCOUNTS = {
    "411000": "Clients",
    "445710": "TVA collectée",
    "467100": "Autorités, indemnités à recevoir",
    "467200": "Covoitureurs, indemnités à verser",
    "467300": "Autorités, acomptes reçus",
    "706000": "Prestations de services",
}
_OF_AUTHORITY = frozenset(("411000", "467100", "467300"))  # accounts that are kept by authority
_DOCUMENTS = {"facture": "Commission", "appel": "Indemnités, appel", "acompte": "Indemnités, acompte"}
_SQL = statements(__file__)
_Row = dict[str, Any]


def write_entries(
    lake: Lake, connection: duckdb.DuckDBPyConnection, business_date: date, troubles: Troubles
) -> int:
    """Write every operator's files; returns how many lines they have. Raises catalogue.CatalogueError."""
    sirens = {operator.id: operator.siren for operator in catalogue.operators(settings().catalogue)}
    payers = {authority.id: authority for authority in catalogue.authorities(settings().catalogue)}
    rows = connection.execute(_SQL["entries"]).pl().to_dicts()
    files: dict[str, dict[str, list[_Row]]] = {}
    for row in rows:
        year = f"{sirens[row['operator_id']]}FEC{row['entry_on'].year}1231.txt"
        files.setdefault(row["operator_id"], {}).setdefault(year, []).append(row)
    for operator_id, _ in operators(lake.drops, troubles):
        mine = {name: as_fec(of_year, payers) for name, of_year in files.get(operator_id, {}).items()}
        deliver(lake, operator_id, mine, troubles)
    return len(rows)


def as_fec(rows: list[_Row], payers: dict[str, Authority]) -> bytes:
    """Rows of accounting_entries with their campaign, as the file: tabs, ISO 8859-15, decimal commas."""
    lines = ["\t".join(FIELDS), *("\t".join(_fields(row, payers[row["authority_id"]])) for row in rows)]
    return "".join(f"{line}\r\n" for line in lines).encode("iso8859-15", "replace")


def _fields(row: _Row, payer: Authority) -> list[str]:
    day, account = f"{row['entry_on']:%Y%m%d}", row["account"]
    auxiliary = (payer.siren, payer.name) if account in _OF_AUTHORITY else ("", "")
    period = f"{row['period_start_on']:%d/%m/%Y} au {row['period_end_on']:%d/%m/%Y}"
    label = f"{_DOCUMENTS[row['document']]} {row['piece']}, du {period}, {row['campaign_name']}"
    fields = (
        *(row["journal_code"], JOURNALS[row["journal_code"]], str(row["entry_number"]), day),
        *(account, ACCOUNTS[account], *auxiliary, row["piece"], day, label),
        *(_euros(row["debit_cents"]), _euros(row["credit_cents"]), "", "", day, "", ""),
    )
    return [_plain(field) for field in fields]


def _plain(text: str) -> str:
    """A text that no separator or line's end breaks, with the apostrophe and the space that the code has."""
    return " ".join(text.replace("’", "'").split())


def _euros(cents: int) -> str:
    return euros(cents).replace(".", ",")
