"""An invoice and a credit note of the catalogue's own parties, and the words of a document's pages."""

from dataclasses import replace
from datetime import date

from dagster_project.catalogue import catalogue
from dagster_project.files.pdf_text import shown_texts
from dagster_project.reports.invoice.invoice import Invoice, InvoiceLine, InvoiceReference
from dagster_project.reports.shared.vat import Vat
from dagster_project.settings import PROJECT

CATALOGUE = PROJECT / "data"
OPERATOR = next(one for one in catalogue.operators(CATALOGUE) if one.id == "karavane")
NO_NUMBER = OPERATOR.model_copy(update={"vat_number": None})
(AUTHORITY,) = catalogue.authorities(CATALOGUE)
MARCH = InvoiceReference("KARAVANE-00011", date(2021, 4, 2), "mars 2021", 1_200)
CANCELLED = InvoiceLine(-4, 50, -40, "trajet annulé", is_regularisation=True, corrects=MARCH)
INVOICE = Invoice(
    number=12, issued_on=date(2021, 5, 3), operator=OPERATOR, authority=AUTHORITY, campaign_id="pmgf_2021",
    campaign_name="Incitation 2021", convention_reference="BU2021_01", period_start=date(2021, 4, 1),
    period_end=date(2021, 4, 30), payment_term_days=30, vat=Vat(2_000), fee_article="article 6.3",
    payment_article="article 8.4",
    lines=(InvoiceLine(312, 50, 3_120), InvoiceLine(1, 14, 3, "solde de l’enveloppe"), CANCELLED),
)  # fmt: skip
CREDIT_NOTE = replace(INVOICE, number=13, lines=(CANCELLED, InvoiceLine(1, 50, 10)))


def words_of(pdf: bytes) -> str:
    """The words of its pages."""
    return " ".join(" ".join(shown_texts(pdf)).split())
