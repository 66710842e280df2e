-- Only what a closing has settled is invoiced, so that no number is ever provisional. Closings of all campaigns make
-- one chain: counted along it, an operator's numbers have no gap and never change. An invoice that was refused or
-- rejected has a credit note and a new one after the closings of its day: the three invoice one closing, together once
-- (D-262).
with totals as (
    select
        campaign_id,
        operator_id,
        closing_number,
        period_start_on,
        period_end_on,
        call_start_on,
        cast(sum(fee_ex_vat_cents) as bigint) as fee_ex_vat_cents,
        cast(sum(vat_cents) as bigint) as vat_cents
    from {{ ref('ledger_lines') }}
    where kind = 'fee' and closing_number is not null and (fee_ex_vat_cents != 0 or vat_cents != 0)
    group by all
),

earlier as (
    select
        totals.operator_id,
        totals.closing_number,
        count(replacements.credit_number) as replacements
    from totals
    left join {{ ref('stg_invoice_replacements') }} as replacements
        on totals.operator_id = replacements.operator_id and totals.closing_number > replacements.after_closing
    group by all
),

numbered as (
    select
        operator_id,
        closing_number,
        row_number() over (partition by operator_id order by closing_number) + 2 * replacements as invoice_number,
        'closing' as kind,
        closing_number as numbered_after,
        cast(null as bigint) as replaced_number,
        cast(null as date) as replaced_on
    from earlier
    union all
    select
        operator_id,
        closing_number,
        unnest([credit_number, credit_number + 1]) as invoice_number,
        unnest(['credit', 'replacement']) as kind,
        after_closing as numbered_after,
        replaced_number,
        replaced_on
    from {{ ref('stg_invoice_replacements') }}
),

signed as (
    select
        *,
        if(kind = 'credit', -1, 1) as sign
    from numbered
)

select
    totals.campaign_id,
    totals.operator_id,
    totals.period_start_on,
    totals.period_end_on,
    totals.call_start_on,
    totals.closing_number,
    signed.invoice_number,
    signed.kind,
    signed.numbered_after,
    signed.replaced_number,
    replacements.credit_number + 1 as replaced_by_number,
    coalesce(signed.replaced_on, closings.business_date) as issued_on,
    signed.sign * totals.fee_ex_vat_cents as fee_ex_vat_cents,
    signed.sign * totals.vat_cents as vat_cents,
    signed.sign * (totals.fee_ex_vat_cents + totals.vat_cents) as total_cents
from signed
inner join totals on signed.operator_id = totals.operator_id and signed.closing_number = totals.closing_number
inner join {{ ref('stg_closings') }} as closings on totals.closing_number = closings.closing_number
left join {{ ref('stg_invoice_replacements') }} as replacements
    on signed.operator_id = replacements.operator_id and signed.invoice_number = replacements.replaced_number
