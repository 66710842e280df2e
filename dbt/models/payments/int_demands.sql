-- What earlier nights have asked authorities for, or told operators to give back: steps of advances, calls that no
-- advance pays, invoices. Tonight's steps come after (demands): nothing can have been paid on them. Void is an invoice
-- that was replaced, and its credit note; a payment without reference may have known the first of them (known_on).
with invoices as (
    select
        campaign_id,
        operator_id,
        'invoice' as kind,
        invoice_number as number,
        {{ demand_reference("operator_id", "invoice_number", 5) }} as reference,
        'facture/' || operator_id || '/' || lpad(cast(invoice_number as varchar), 5, '0') as document_id,
        period_start_on,
        period_end_on,
        total_cents as asked_cents,
        issued_on as decided_on,
        min(issued_on) over (partition by operator_id, closing_number) as known_on,
        kind = 'credit' or replaced_by_number is not null as is_void
    from {{ ref('fee_invoices') }}
),

calls as (
    select
        calls.campaign_id,
        calls.operator_id,
        'call' as kind,
        calls.call_number as number,
        {{ demand_reference("'appel_' || calls.campaign_id || '_' || calls.operator_id", "calls.call_number", 2) }}
            as reference,
        'appel/' || calls.operator_id || '/' || cast(calls.period_start_on as varchar) as document_id,
        calls.period_start_on,
        calls.period_end_on,
        calls.incentive_cents as asked_cents,
        calls.closed_on as decided_on
    from {{ ref('fund_calls') }} as calls
    anti join {{ ref('stg_advances') }} as steps
        on calls.closing_number = steps.closing_number and calls.operator_id = steps.operator_id
    where calls.is_closed
),

demands as (
    {{ advance_demands(ref('stg_advances')) }}
    union all by name
    select * from calls
    union all by name
    select * from invoices
)

select
    demands.* replace (
        coalesce(demands.is_void, false) as is_void, coalesce(demands.known_on, demands.decided_on) as known_on
    ),
    campaigns.authority_id
from demands
inner join {{ source('catalogue', 'campaigns') }} as campaigns on demands.campaign_id = campaigns.campaign_id
