-- What became of each payment: why its cents count, or do not. Matched and unmatched together are what was received.
with parts as (
    select
        operator_id,
        entry_key,
        sum(share_cents) as matched_cents,
        sum(surplus_cents) as surplus_cents,
        bool_or(is_by_amount) as is_by_amount,
        bool_or(abs(paid_so_far_cents) < abs(owed_cents)) as leaves_a_rest,
        -- Of an advance, what was lacking, and a later statement has taken over since.
        bool_or(kind = 'advance' and abs(paid_so_far_cents) < abs(owed_cents - carried_cents)) as left_a_rest,
        bool_or(booked_on > due_on) as is_late,
        list(reference order by reference) as paid_references,
        any_value(authority_id) as authority_id
    from {{ ref('payment_parts') }}
    group by all
),

-- The demand whose amount it has, where that is none of those that it names.
others as (
    select
        payments.operator_id,
        payments.entry_key,
        min(demands.reference) as other_reference,
        count(*) as others
    from {{ ref('int_payments') }} as payments
    inner join {{ ref('int_demands') }} as demands
        on
            payments.operator_id = demands.operator_id
            and payments.payer_id = demands.authority_id
            and payments.amount_cents = demands.asked_cents
            and payments.booked_on > demands.known_on
            and not demands.is_void
    where not list_contains(payments.named_references, demands.reference)
    group by all
),

asked as (
    select
        payments.operator_id,
        payments.entry_key,
        sum(demands.asked_cents) as named_cents,
        list(distinct demands.asked_cents) as amounts,
        any_value(demands.authority_id) as authority_id
    from {{ ref('int_payments') }} as payments
    inner join {{ ref('int_demands') }} as demands
        on
            payments.operator_id = demands.operator_id
            and list_contains(payments.named_references, demands.reference)
    group by all
)

select
    payments.operator_id,
    payments.entry_key,
    payments.booked_on,
    payments.amount_cents,
    payments.payer_id,
    coalesce(parts.authority_id, asked.authority_id, payments.payer_id) as authority_id,
    payments.named_references,
    coalesce(parts.paid_references, []) as paid_references,
    cast(coalesce(parts.matched_cents, 0) as bigint) as matched_cents,
    cast(payments.amount_cents - coalesce(parts.matched_cents, 0) as bigint) as unmatched_cents,
    cast(coalesce(parts.surplus_cents, 0) as bigint) as surplus_cents,
    coalesce(parts.is_late, false) as is_late,
    case
        when parts.entry_key is null and asked.entry_key is not null then 'other_payer'
        when parts.entry_key is null and len(payments.named_references) > 0 then 'unknown_reference'
        when parts.entry_key is null and others.others > 1 then 'ambiguous'
        when parts.entry_key is null then 'no_reference'
        when parts.is_by_amount then 'by_amount'
        when
            others.entry_key is not null
            and asked.named_cents != payments.amount_cents
            and not list_contains(asked.amounts, payments.amount_cents)
            and (parts.leaves_a_rest or parts.surplus_cents != 0)
            then 'other_period'
        when parts.surplus_cents = payments.amount_cents then 'double'
        when parts.surplus_cents != 0 then 'surplus'
        when parts.leaves_a_rest then 'partial'
        when parts.left_a_rest then 'taken_over'
        else 'exact'
    end as verdict,
    if(verdict = 'other_period', others.other_reference, null) as other_reference
from {{ ref('int_payments') }} as payments
left join parts on payments.operator_id = parts.operator_id and payments.entry_key = parts.entry_key
left join others on payments.operator_id = others.operator_id and payments.entry_key = others.entry_key
left join asked on payments.operator_id = asked.operator_id and payments.entry_key = asked.entry_key
