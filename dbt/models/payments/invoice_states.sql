-- Where each invoice stands: the last status that counts. Platforms' clocks differ, so of what they tell before the
-- buyer acts the furthest counts; after that, the last.
with latest as (
    select *
    from {{ ref('invoice_statuses') }}
    where verdict = 'kept'
    qualify row_number() over (
        partition by operator_id, reference
        order by
            status_code > '203' desc, if(status_code > '203', stated_at, null) desc, status_code desc
    ) = 1
),

invoices as (
    select
        invoices.*,
        campaigns.authority_id,
        {{ demand_reference("invoices.operator_id", "invoices.invoice_number", 5) }} as reference,
        {{ demand_reference("invoices.operator_id", "invoices.replaced_number", 5) }} as replaces,
        {{ demand_reference("invoices.operator_id", "invoices.replaced_by_number", 5) }} as replaced_by
    from {{ ref('fee_invoices') }} as invoices
    inner join {{ source('catalogue', 'campaigns') }} as campaigns on invoices.campaign_id = campaigns.campaign_id
)

select
    invoices.operator_id,
    invoices.reference,
    invoices.invoice_number,
    invoices.campaign_id,
    invoices.authority_id,
    invoices.period_start_on,
    invoices.period_end_on,
    invoices.closing_number,
    invoices.issued_on,
    invoices.total_cents,
    invoices.replaces,
    invoices.replaced_by,
    latest.status_code,
    latest.stated_at,
    latest.reason_codes,
    latest.approved_cents
from invoices
left join latest on invoices.operator_id = latest.operator_id and invoices.reference = latest.reference
