-- A line of the bank is one, on however many statements it stands: which reading of it counts does not depend on the
-- order in which they came. Why: D-240. One that names an invoice which was replaced names what stands for it (D-264).
with documents as (
    select
        operator_id,
        {{ demand_reference("operator_id", "invoice_number", 5) }} as named_reference,
        max(invoice_number) over (partition by operator_id, closing_number) as last_number,
        {{ demand_reference("operator_id", "last_number", 5) }} as reference
    from {{ ref('fee_invoices') }}
    qualify invoice_number != last_number
),

renamed as (
    select
        named.operator_id,
        named.entry_key,
        named.statement_id,
        list(distinct coalesce(documents.reference, named.reference)) as named_references
    from (
        select
            operator_id,
            entry_key,
            statement_id,
            unnest(named_references) as reference
        from {{ ref('stg_payments') }}
    ) as named
    left join documents on named.operator_id = documents.operator_id and named.reference = documents.named_reference
    group by all
)

select
    payments.operator_id,
    payments.entry_key,
    payments.booked_on,
    payments.amount_cents,
    payments.payer_id,
    list_sort(coalesce(renamed.named_references, [])) as named_references
from {{ ref('stg_payments') }} as payments
left join renamed using (operator_id, entry_key, statement_id)
qualify row_number() over (
    partition by payments.operator_id, payments.entry_key
    order by
        payments.payer_id is null, payments.payer_id, payments.booked_on, payments.amount_cents,
        payments.named_references, payments.statement_id
) = 1
