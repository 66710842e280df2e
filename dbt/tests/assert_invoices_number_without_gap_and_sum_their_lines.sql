{{ config(meta={'dagster': {'ref': {'name': 'fee_invoices'}}}) }}
-- Code général des impôts, annexe II, article 242 nonies A: one chronological sequence, without gap or rupture.
with gaps as (
    select operator_id
    from {{ ref('fee_invoices') }}
    group by operator_id
    having max(invoice_number) != count(*)
),

off as (
    select invoices.operator_id
    from {{ ref('fee_invoices') }} as invoices
    left join {{ ref('fee_invoice_lines') }} as lines
        on invoices.operator_id = lines.operator_id and invoices.invoice_number = lines.invoice_number
    group by invoices.operator_id, invoices.invoice_number, invoices.fee_ex_vat_cents, invoices.vat_cents
    having
        (sum(lines.quantity * lines.unit_cents), sum(lines.vat_cents))
        is distinct from (invoices.fee_ex_vat_cents, invoices.vat_cents)
),

-- Together, the invoices of a closing ask once for what it settled.
again as (
    select invoices.operator_id
    from {{ ref('fee_invoices') }} as invoices
    group by invoices.operator_id, invoices.closing_number
    having sum(invoices.total_cents) != any_value(invoices.total_cents) filter (where invoices.kind = 'closing')
)

select * from gaps
union all
select * from off
union all
select * from again
