"""What the platform of French public buyers takes in an invoice: lengths (BR-FR-CPRO, XP Z12-012, annexe A).

No schematron is published for these rules. What people sign is held against them when it is read, each
invoice before it leaves. Not here: who holds what against them (catalogue, reports/invoice). Why: D-251.
"""

import re

# The most characters of each term, by rule.
MOST = {
    "BR-FR-CPRO-02": 20,  # number of the invoice, and of the one that it corrects
    "BR-FR-26": 100,  # code of a service
    "BR-FR-CPRO-14": 50,  # market or convention
    "BR-FR-CPRO-15": 50,  # engagement
    "BR-FR-CPRO-31": 1024,  # what a line says
    "BR-FR-CPRO-32": 400,  # street
    "BR-FR-CPRO-33": 400,  # city
    "BR-FR-CPRO-35": 1024,  # terms of payment
    "BR-FR-CPRO-39": 27,  # IBAN
    "BR-FR-CPRO-41": 50,  # name of a file, with its ending
    "BR-FR-CPRO-42": 1024,  # note
    "BR-FR-CPRO-43": 99,  # seller
    "BR-FR-CPRO-44": 99,  # buyer
    "BR-FR-25": 125,  # electronic address
}
MAX_FILE_BYTES = 10_000_000  # of a file that the platform takes

# BR-FR-24 and what the platform reads in BT-10: both take these letters.
SERVICE_CODE = re.compile(r"[A-Za-z0-9_-]+")
# BR-FR-16: the rates of French invoices today, in hundredths of a percent, and none.
VAT_RATES = frozenset((0, 90, 105, 175, 210, 550, 700, 850, 920, 960, 1_000, 1_300, 1_960, 2_000, 2_060))


def too_long(rule: str, text: str) -> str:
    """What is wrong with a text that has too many characters, and the remedy; empty where it fits."""
    most = MOST[rule]
    return f"dépasse {most} caractères ({rule}) ; l'abréger" if len(text) > most else ""
