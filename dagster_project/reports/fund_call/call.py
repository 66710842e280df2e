"""What a fund call says: its header, its bands, its adjustments, and how it is reconciled.

Amounts are integer cents, decided in the warehouse. Not here: what its journeys come to (totals).
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from dagster_project.errors import DocumentError
from dagster_project.reports.invoice.invoice import InvoiceReference
from dagster_project.reports.shared.counts import Counts
from dagster_project.reports.shared.french import DRAFT_PREFIX, french_number, period_code, slug
from dagster_project.reports.shared.letter import Logo
from dagster_project.reports.shared.payment import Payment, Pot
from dagster_project.reports.shared.vat import Vat

CALL, DRAFT = "Appel de fonds", "Situation provisoire"


@dataclass(frozen=True)
class Band:
    """One band of the recap, by the `number` that the journeys bear; 0: an adjustment alone gave the amount.

    `label` is annex 2's wording, `table` the tariff's table where it has several, `price` what the band
    pays, in words. `unit` "trajet": price × seats; "km": price × billed km × seats; "": no one price
    explains the amounts, they are summed. `unit_price_tenth_cents`: 2,00 € is 2 000; 0,10 € is 100.
    """

    number: int
    label: str
    unit: str = ""
    unit_price_tenth_cents: int = 0
    table: str = ""
    price: str = ""

    def __post_init__(self) -> None:
        if self.unit not in ("trajet", "km", ""):
            raise DocumentError(
                f"band {self.label!r}: unit is {self.unit!r}, expected 'trajet', 'km' or none"
            )

    @property
    def price_words(self) -> str:
        """2,00 €; a tenth of a cent shows."""
        price = Decimal(self.unit_price_tenth_cents).scaleb(-3)
        return f"{french_number(price, 2 if price == round(price, 2) else 3)} €"


@dataclass(frozen=True)
class Articles:
    """Where the convention says it, as printed: "article 6.2", "annexe 3"."""

    tariff: str
    fee: str
    budget: str
    payment: str
    layout: str
    data: str


@dataclass(frozen=True)
class Adjustment:
    """The signed entries that one reason adds to a call for journeys of one closed period.

    `reason` is French; `of` names the period that they correct: "1ᵉʳ trimestre 2021";
    `seats` are the passenger journeys concerned, each once.
    """

    reason: str
    of: str
    seats: int
    incentive_cents: int


@dataclass(frozen=True)
class FundCall:
    """The header of one operator's fund call on one campaign for one period (CONVENTION 8.2, annex 2).

    `authority_genitive` completes "Participation financière …": "du Pôle métropolitain". `operator_head`
    and `authority_head` are what a letterhead says of both, `logos` theirs. `payment` is what a closed call
    asks for: its incentives, or the revision of the advance that it is drawn from; `pot` what calls and
    invoices have taken of the pot with it. `notes` are printed under the amounts, `readings` (how the
    campaign reads its convention) in the legend. While the period is open, `number` is None: a draft as of
    `issued_on`, which asks for nothing and cannot be taken for a call.
    """

    campaign_id: str
    campaign_name: str
    convention_reference: str
    authority_name: str
    authority_head: tuple[str, ...]
    authority_genitive: str
    operator_id: str
    operator_name: str
    operator_siret: str
    operator_head: tuple[str, ...]
    period_label: str
    period_start: date
    period_end: date
    number: int | None
    issued_on: date
    payment_term_days: int
    bands: tuple[Band, ...]
    articles: Articles
    vat: Vat
    counts: Counts
    gross_cents: int
    cap_cut_cents: int
    cut_cents: int
    incentive_cents: int
    fee_ex_vat_cents: int
    vat_cents: int
    total_cents: int
    adjustments: tuple[Adjustment, ...] = ()
    invoices: tuple[InvoiceReference, ...] = ()
    payment: Payment | None = None
    pot: Pot | None = None
    notes: tuple[str, ...] = ()
    readings: tuple[str, ...] = ()
    logos: tuple[Logo, ...] = ()

    def __post_init__(self) -> None:
        invoiced, fee = (
            sum(invoice.total_cents for invoice in self.invoices),
            self.fee_ex_vat_cents + self.vat_cents,
        )
        if self.invoices and invoiced != fee:
            raise DocumentError(f"the invoices come to {invoiced} cents, the call's fee with VAT to {fee}")

    @property
    def is_draft(self) -> bool:
        """Whether the period is still open."""
        return self.number is None

    @property
    def title(self) -> str:
        """Appel de fonds n° 3, or what it is before there is one."""
        return DRAFT if self.is_draft else f"{CALL} n° {self.number}"

    @property
    def footer(self) -> str:
        """What stands at the foot of every page."""
        return f"{self.operator_name} · {self.title[0].lower()}{self.title[1:]} · {self.convention_reference}"

    @property
    def adjustment_cents(self) -> int:
        """What adjustments of closed periods add to the incentives of the call."""
        return sum(adjustment.incentive_cents for adjustment in self.adjustments)

    @property
    def settled_words(self) -> str:
        """How the incentive is settled, where an advance was paid on it."""
        statement = self.payment.statement if self.payment else ""
        return f"imputée sur l’acompte ({statement})" if statement else ""


@dataclass(frozen=True)
class Loss:
    """Passenger journeys that one reason keeps from a step, in French."""

    reason: str
    seats: int


@dataclass(frozen=True)
class Step:
    """Passenger journeys that reach a step (counts.STEPS), and why the others of the step before do not."""

    name: str
    seats: int
    losses: tuple[Loss, ...] = ()


@dataclass(frozen=True)
class Redistribution:
    """What of a call's incentives is the drivers', against their declared revenue (CONVENTION article 7).

    `seats` are passenger journeys, amounts cents. `short_…`: those whose revenue is less; `missing_cents` is
    what they lack.
    """

    seats: int
    short_seats: int
    driver_cents: int
    passenger_cents: int
    revenue_cents: int
    short_driver_cents: int
    short_revenue_cents: int
    missing_cents: int


@dataclass(frozen=True)
class Reconciliation:
    """What the warehouse says of one call, counted and summed elsewhere than in the call itself.

    `steps` go from journeys received to journeys paid. Amounts are cents:
    incentive, fee excluding VAT, VAT; of the ledger's entries, and of the file of journeys as exported.
    `redistribution`: none where no journey of the call is known any more.
    """

    steps: tuple[Step, ...]
    ledger_cents: tuple[int, int, int]
    exported_cents: tuple[int, int, int]
    redistribution: Redistribution | None = None


def file_name(call: FundCall) -> str:
    """`APDF_2021-T1_pmgf_2021_covoit-leman_01_300_268_94510.xlsx`: ASCII, safe on any disk.

    Period, campaign, operator, call number, passenger journeys concerned and paid, total in cents. A draft:
    `PROVISOIRE_APDF_2021-T2_pmgf_2021_covoit-leman_300_268_94510.xlsx`.
    """
    counts = f"{call.counts.concerned}_{call.counts.paid}_{call.total_cents}"
    period, operator = period_code(call.period_start, call.period_end), slug(call.operator_id)
    name = f"APDF_{period}_{slug(call.campaign_id)}_{operator}"
    return (
        f"{DRAFT_PREFIX}{name}_{counts}.xlsx" if call.is_draft else f"{name}_{call.number:02d}_{counts}.xlsx"
    )
