-- Only what a closing has settled is invoiced, so that no number is ever provisional. Closings of all campaigns make
-- one chain: counted along it, an operator's numbers have no gap and never change.
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
)

select
    totals.campaign_id,
    totals.operator_id,
    totals.period_start_on,
    totals.period_end_on,
    totals.call_start_on,
    totals.closing_number,
    row_number() over (partition by totals.operator_id order by totals.closing_number) as invoice_number,
    closings.business_date as issued_on,
    totals.fee_ex_vat_cents,
    totals.vat_cents,
    totals.fee_ex_vat_cents + totals.vat_cents as total_cents
from totals
inner join {{ ref('stg_closings') }} as closings on totals.closing_number = closings.closing_number
