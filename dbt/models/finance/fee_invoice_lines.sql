-- A whole fee counts seats (or journeys) at the price that its closing saw, one that is taken back at that of its first
-- closing; one that the pot cut is a piece at its own price. Without VAT is what bore none though the rate gives some;
-- of a piece too small to tell, the operator's file says it. Why: D-111.
with fees as (
    select
        lines.*,
        if(lines.movement = 'reversal', -1, 1) as sign,
        if(terms.is_fee_per_seat, abs(lines.seats), 1) as units,
        terms.fee_ex_vat_cents as price_cents,
        lines.vat_cents = 0
        and (
            {{ vat('abs(lines.fee_ex_vat_cents)', 'terms.vat_basis_points') }} > 0
            or coalesce(lines.journey_month_on <= exemptions.to_on, false)
        ) as is_without_vat,
        {{ vat('price_cents', 'if(is_without_vat, 0, terms.vat_basis_points)') }} as price_vat_cents
    from {{ ref('ledger_lines') }} as lines
    inner join {{ ref('int_campaign_terms') }} as terms
        on
            lines.campaign_id = terms.campaign_id
            and if(lines.movement = 'reversal', lines.original_closing, lines.closing_number) = terms.closing_number
    left join {{ source('catalogue', 'operator_vat_exemptions') }} as exemptions
        on lines.operator_id = exemptions.operator_id
    where
        lines.kind = 'fee'
        and lines.closing_number is not null
        and (lines.fee_ex_vat_cents != 0 or lines.vat_cents != 0)
),

priced as (
    select
        *,
        fee_ex_vat_cents = sign * units * price_cents and vat_cents = sign * units * price_vat_cents as is_whole,
        if(is_whole, sign * units, sign) as quantity,
        if(is_whole, price_cents, abs(fee_ex_vat_cents)) as unit_cents
    from fees
),

lines as (
    select
        campaign_id,
        operator_id,
        closing_number,
        reason,
        movement,
        is_whole,
        unit_cents,
        is_without_vat,
        if(is_adjustment, journey_month_on, null) as journey_month_on,
        original_closing,
        cast(sum(quantity) as bigint) as quantity,
        cast(sum(fee_ex_vat_cents) as bigint) as fee_ex_vat_cents,
        cast(sum(vat_cents) as bigint) as vat_cents
    from priced
    group by all
),

-- What stands for a closing from then on: of an invoice that was replaced, the new one.
standing as (
    select *
    from {{ ref('fee_invoices') }}
    where kind != 'credit'
    qualify row_number() over (
        partition by operator_id, closing_number, numbered_after order by invoice_number desc
    ) = 1
),

documents as (
    select
        lines.*,
        invoices.invoice_number,
        if(invoices.kind = 'credit', -1, 1) as sign,
        if(invoices.kind = 'credit', invoices.replaced_number, standing.invoice_number) as original_number
    from lines
    inner join {{ ref('fee_invoices') }} as invoices
        on lines.closing_number = invoices.closing_number and lines.operator_id = invoices.operator_id
    asof left join standing
        on
            lines.operator_id = standing.operator_id
            and lines.original_closing = standing.closing_number
            and lines.closing_number > standing.numbered_after
)

select
    lines.campaign_id,
    lines.operator_id,
    lines.closing_number,
    lines.invoice_number,
    row_number() over (
        partition by lines.operator_id, lines.invoice_number
        order by
            coalesce(lines.journey_month_on, date '0001-01-01'), coalesce(lines.original_closing, 0), lines.reason,
            lines.movement, not lines.is_whole, lines.unit_cents, lines.is_without_vat
    ) as line_number,
    lines.reason,
    lines.movement,
    not lines.is_whole as is_cut_by_budget,
    lines.is_without_vat,
    lines.journey_month_on,
    lines.sign * lines.quantity as quantity,
    lines.unit_cents,
    lines.sign * lines.fee_ex_vat_cents as fee_ex_vat_cents,
    lines.sign * lines.vat_cents as vat_cents,
    lines.original_number,
    originals.issued_on as original_issued_on,
    originals.period_start_on as original_period_start_on,
    originals.period_end_on as original_period_end_on,
    originals.total_cents as original_total_cents
from documents as lines
left join {{ ref('fee_invoices') }} as originals
    on lines.operator_id = originals.operator_id and lines.original_number = originals.invoice_number
