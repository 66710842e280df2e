"""The monthly invoice of the platform fee: what it says and how it adds up (CONVENTION 8.3).

The figures every rendering shares: PDF (letter), Excel (workbook) and the structured
Factur-X (facturx). Lines are excluding VAT; the VAT of the invoice is the ledger's, summed over journeys.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from dagster_project.catalogue.conventions import Convention, Order, ServiceCode, on_day
from dagster_project.catalogue.parties import NUMBER_DIGITS, Authority, Operator
from dagster_project.contracts.payments import reference as named
from dagster_project.errors import DocumentError
from dagster_project.reports.shared.french import french_day, french_of, french_period, period_code, slug
from dagster_project.reports.shared.letter import address_lines
from dagster_project.reports.shared.vat import FRANCHISE, Vat

MAX_GAP_CENTS = 99  # EN 16931's validators take VAT that lies within one euro of rate × base (BR-S-09)


@dataclass(frozen=True)
class InvoiceReference:
    """An invoice of the platform fee; its total with VAT in cents, negative for a credit note."""

    number: str
    issued_on: date
    period_label: str
    total_cents: int


@dataclass(frozen=True)
class InvoiceLine:
    """Passenger journeys of one price: `quantity` × `unit_cents` is the amount excluding VAT.

    A regularisation speaks of a month already invoiced: it says its `reason`, `corrects` the invoice that
    its journeys stood on, if any, and has a negative quantity where it gives money back. `vat_cents` is the
    ledger's, of the same sign. A fee cut by the pot is a line of its own, at the price that was left.
    `month` is the one that a regularisation speaks of, `unit` what is counted. `is_without_vat` where the
    operator was in franchise then.
    """

    quantity: int
    unit_cents: int
    vat_cents: int
    reason: str = ""
    is_regularisation: bool = False
    corrects: InvoiceReference | None = None
    month: str = ""
    unit: str = "Par trajet passager"
    is_without_vat: bool = False

    @property
    def cents(self) -> int:
        """Amount excluding VAT."""
        return self.quantity * self.unit_cents

    @property
    def label(self) -> str:
        """What is invoiced, in a few words."""
        name = "Régularisation" if self.is_regularisation else "Commission Plateforme"
        return f"{name} : {self.reason}" if self.reason else name

    @property
    def detail(self) -> str:
        """What the label leaves open."""
        if self.corrects:
            return (
                f"Commission {french_of(self.corrects.period_label)}, facture n°\u00a0{self.corrects.number}"
            )
        return f"{self.unit} {french_of(self.month)}" if self.month else self.unit


@dataclass(frozen=True)
class Invoice:
    """One operator's invoice to one authority for one month; a credit note when its total is negative.

    `number` runs without gaps per operator, credit notes included. Amounts are cents. `fee_article` and
    `payment_article` are printed as given: "article 6.3". `sent_on` is the day it went out, where a call that
    was held back held it after its own day; `replaces` the invoice of which it is the new one.
    """

    number: int
    issued_on: date
    operator: Operator
    authority: Authority
    campaign_id: str
    campaign_name: str
    convention_reference: str
    period_start: date
    period_end: date
    payment_term_days: int
    vat: Vat
    fee_article: str
    payment_article: str
    lines: tuple[InvoiceLine, ...]
    sent_on: date | None = None
    replaces: InvoiceReference | None = None

    def __post_init__(self) -> None:
        if not self.lines:
            raise DocumentError("an invoice has a line at least")
        if any(line.unit_cents < 0 for line in self.lines):
            raise DocumentError("a price is negative: the sign is the quantity's")
        if abs(self.vat_gap_cents) > MAX_GAP_CENTS:
            raise DocumentError(
                f"the ledger's VAT lies {self.vat_gap_cents} cents from {self.vat.percent} % of the "
                "lines: no electronic invoice may say so; check the fee's rounding in the campaign"
            )
        if self.is_credit_note and not self.preceding:
            raise DocumentError("a credit note names the invoices that it corrects")

    @property
    def reference(self) -> str:
        """The invoice's number as printed: KARAVANE-00012."""
        return reference(self.operator.id, self.number)

    @property
    def ex_vat_cents(self) -> int:
        """Sum of the lines."""
        return sum(line.cents for line in self.lines)

    @property
    def vat_cents(self) -> int:
        """The ledger's VAT."""
        return sum(line.vat_cents for line in self.lines)

    @property
    def total_cents(self) -> int:
        """With VAT."""
        return self.ex_vat_cents + self.vat_cents

    def vat_of(self, line: InvoiceLine) -> Vat:
        """What VAT a line bears: the campaign's, but where the operator was in franchise."""
        return FRANCHISE if line.is_without_vat and self.vat.kind == "taux" else self.vat

    @property
    def vats(self) -> dict[Vat, list[InvoiceLine]]:
        """The lines of each VAT, in their order."""
        lines_of: dict[Vat, list[InvoiceLine]] = {}
        for line in self.lines:
            lines_of.setdefault(self.vat_of(line), []).append(line)
        return lines_of

    @property
    def vat_gap_cents(self) -> int:
        """The ledger's VAT less rate × base, rounded: a cent at most for each fee that the pot cut."""
        exact = (
            Decimal(sum(line.cents for line in lines) * vat.basis_points) / 10_000
            for vat, lines in self.vats.items()
        )
        return self.vat_cents - sum(int(vat.quantize(Decimal(1), ROUND_HALF_UP)) for vat in exact)

    @property
    def is_credit_note(self) -> bool:
        """Whether the operator owes the authority."""
        return self.total_cents < 0

    @property
    def sign(self) -> int:
        """A credit note shows what it gives back as positive amounts."""
        return -1 if self.is_credit_note else 1

    @property
    def title(self) -> str:
        """Facture, or avoir."""
        return "Avoir" if self.is_credit_note else "Facture"

    @property
    def preceding(self) -> tuple[InvoiceReference, ...]:
        """The invoice that it replaces, and those that lines correct, each once."""
        earlier = (self.replaces, *(line.corrects for line in self.lines))
        return tuple(dict.fromkeys(filter(None, earlier)))

    @property
    def out_on(self) -> date:
        """The day on which it went out."""
        return self.sent_on or self.issued_on

    @property
    def due_on(self) -> date:
        """The day by which it is paid, received on the day it went out."""
        return self.out_on + timedelta(days=self.payment_term_days)

    @property
    def convention(self) -> Convention | None:
        """What both parties had signed by the end of the period."""
        return self.authority.convention_with(self.operator.id, self.period_end)

    @property
    def order(self) -> Order:
        """Engagement, market and lot in force at the end of the period (D-252)."""
        return (on_day(self.convention.orders, self.period_end) if self.convention else None) or Order()

    @property
    def service(self) -> ServiceCode | None:
        """The code of the service that it goes to, as of the day it went out."""
        return on_day(self.authority.service.code, self.out_on)

    @property
    def seller(self) -> tuple[str, ...]:
        """The operator's letterhead, with what the law wants on an invoice."""
        head = address_lines(self.operator, self.operator.legal_form)
        return (*head, *([f"TVA {self.operator.vat_number}"] if self.operator.vat_number else []))

    @property
    def payer(self) -> tuple[str, ...]:
        """The authority, with the service that pays."""
        return address_lines(self.authority)

    @property
    def references(self) -> tuple[tuple[str, str | date], ...]:
        """Article 8.3's mentions (the name of the Region, the convention's number, the period) and dates."""
        earlier = ", ".join(
            f"{invoice.number} du {french_day(invoice.issued_on)}" for invoice in self.preceding
        )
        rows: tuple[tuple[str, str | date], ...] = (
            ("Autorité et Région", f"{self.authority.name}, {self.authority.region}"),
            ("Convention", self.convention_reference),
            ("Numéro d’engagement", self.order.engagement or ""),
            ("Marché", self.order.market or ""),
            ("Lot", self.order.lot or ""),
            ("Période", f"du {french_day(self.period_start)} au {french_day(self.period_end)}"),
            ("Nature", f"Prestation de services : Commission Plateforme ({self.fee_article})"),
            ("TVA", " ; ".join(vat.mention for vat in self.vats if vat.mention)),
            ("Date d’émission", self.issued_on),
            ("Échéance", "" if self.is_credit_note else self.due_on),
            ("Code service", self.service.code if self.service else ""),
            ("Facture remplacée" if self.preceding == (self.replaces,) else "Factures régularisées", earlier),
        )
        return tuple(row for row in rows if row[1])

    @property
    def account_fields(self) -> tuple[tuple[str, str], ...]:
        """Where to pay it, whole (CONVENTION article 8.4); nothing where it gives back."""
        return () if self.is_credit_note else self.operator.account(self.issued_on).fields

    @property
    def period_label(self) -> str:
        """mars 2021."""
        return french_period(self.period_start, self.period_end)


def reference(operator_id: str, number: int) -> str:
    """An operator's invoice number as printed: KARAVANE-00012."""
    return named(slug(operator_id), number=number, digits=NUMBER_DIGITS)


def file_stem(invoice: Invoice) -> str:
    """`FACTURE_2021-03_KARAVANE-00012`: period and number; whole within what the platform takes (D-254)."""
    period = period_code(invoice.period_start, invoice.period_end)
    return f"{invoice.title.upper()}_{period}_{invoice.reference}"
