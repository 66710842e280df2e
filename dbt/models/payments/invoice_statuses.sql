-- What became of each status that a message told of an invoice: it counts, or why not. The order is that of the
-- instants that messages tell, so the order in which they come changes nothing; one that cannot follow those before is
-- not counted and stops none after it. What the registry itself wrote tonight is of tomorrow. Why: D-226, D-227.
with recursive told as (
    select * exclude (message_id, taken_on)
    from {{ ref('stg_invoice_statuses') }}
    where not is_ours or taken_on < cast('{{ var("business_date") }}' as date)
    qualify row_number() over (
        partition by operator_id, reference, status_code, stated_at
        order by not is_ours, invoice_on, -len(reason_codes), reason_codes, message_id
    ) = 1
),

ordered as (
    select
        told.*,
        row_number() over (
            partition by told.operator_id, told.reference order by told.stated_at, told.status_code
        ) as nth,
        case
            when invoices.issued_on is null then 'unknown_invoice'
            when told.invoice_on != invoices.issued_on then 'other_day'
            when {{ local_day('told.stated_at') }} < told.invoice_on then 'before_invoice'
        end as fault,
        case
            when told.status_code <= '203' then ['204', '205', '206', '207', '208', '209', '210', '211', '212', '213']
            when told.status_code <= '209' then ['210', '212', '213']
            when told.status_code = '210' then ['205', '206', '211', '212', '213']
            when told.status_code = '213' then ['204', '205', '206', '207', '208', '209', '210', '211', '212']
            else ['210', '213']
        end as never_after
    from told
    left join {{ ref('fee_invoices') }} as invoices
        on
            told.operator_id = invoices.operator_id
            and told.reference = {{ demand_reference("invoices.operator_id", "invoices.invoice_number", 5) }}
),

judged as (
    select
        *,
        coalesce(fault, 'kept') as verdict,
        if(fault is null, [status_code], [status_code][:0]) as counted
    from ordered
    where nth = 1
    union all
    select
        * exclude (counted_before),
        if(verdict = 'kept', list_append(counted_before, status_code), counted_before) as counted
    from (
        select
            ordered.*,
            coalesce(
                ordered.fault, if(list_has_any(judged.counted, ordered.never_after), 'impossible_order', 'kept')
            ) as verdict,
            judged.counted as counted_before
        from judged
        inner join ordered
            on
                judged.operator_id = ordered.operator_id
                and judged.reference = ordered.reference
                and judged.nth + 1 = ordered.nth
    )
)

select
    operator_id,
    reference,
    status_code,
    stated_at,
    reason_codes,
    approved_cents,
    is_ours,
    verdict
from judged
