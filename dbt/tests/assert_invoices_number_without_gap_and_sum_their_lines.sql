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
        on invoices.closing_number = lines.closing_number and invoices.operator_id = lines.operator_id
    group by invoices.closing_number, invoices.operator_id, invoices.fee_ex_vat_cents, invoices.vat_cents
    having
        (sum(lines.quantity * lines.unit_cents), sum(lines.vat_cents))
        is distinct from (invoices.fee_ex_vat_cents, invoices.vat_cents)
)

select * from gaps
union all
select * from off
