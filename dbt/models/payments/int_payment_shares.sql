-- Which demands a payment pays, and with how much: those that its text names, in the order of their day; else the
-- only one of this payer that has its amount. A share rests on the payment alone, never on another one: so the order
-- in which statements come moves no cent. What is left over stays on the last demand named. Why: D-242.
with named as (
    select
        * exclude (named_references),
        unnest(named_references) as reference
    from {{ ref('int_payments') }}
),

by_reference as (
    select
        named.operator_id,
        named.entry_key,
        named.booked_on,
        named.amount_cents,
        demands.reference,
        demands.asked_cents,
        demands.decided_on,
        -- A demand to pay, and one to give back: where none is of the payment's side, the first takes it.
        sign(demands.asked_cents) != sign(named.amount_cents) as is_of_other_side
    from named
    inner join {{ ref('int_demands') }} as demands
        on
            named.operator_id = demands.operator_id
            and named.reference = demands.reference
            and named.payer_id = demands.authority_id
),

ranked as (
    select
        *,
        sum(asked_cents) over payment as asked_together_cents,
        row_number() over (
            partition by operator_id, entry_key order by is_of_other_side, decided_on, reference
        ) as nth,
        greatest(count(*) filter (where not is_of_other_side) over payment, 1) as sharers,
        coalesce(sum(abs(asked_cents)) over (
            partition by operator_id, entry_key
            order by is_of_other_side, decided_on, reference
            rows between unbounded preceding and 1 preceding
        ), 0) as before_cents
    from by_reference
    window payment as (partition by operator_id, entry_key)
),

shared as (
    select
        operator_id,
        entry_key,
        booked_on,
        reference,
        case
            when asked_together_cents = amount_cents then asked_cents
            when nth > sharers then 0
            when nth = sharers then sign(amount_cents) * greatest(abs(amount_cents) - before_cents, 0)
            else sign(amount_cents) * least(greatest(abs(amount_cents) - before_cents, 0), abs(asked_cents))
        end as share_cents,
        false as is_by_amount
    from ranked
),

nameless as (
    select
        payments.operator_id,
        payments.entry_key,
        payments.booked_on,
        demands.reference,
        payments.amount_cents as share_cents,
        true as is_by_amount
    from {{ ref('int_payments') }} as payments
    inner join {{ ref('int_demands') }} as demands
        on
            payments.operator_id = demands.operator_id
            and payments.payer_id = demands.authority_id
            and payments.amount_cents = demands.asked_cents
            and payments.booked_on > demands.known_on
            and not demands.is_void
    anti join by_reference
        on demands.operator_id = by_reference.operator_id and demands.reference = by_reference.reference
    where len(payments.named_references) = 0
    qualify count(*) over (partition by payments.operator_id, payments.entry_key) = 1
)

select
    operator_id,
    entry_key,
    booked_on,
    reference,
    cast(share_cents as bigint) as share_cents,
    is_by_amount
from (
    select * from shared
    union all
    select * from nameless
)
where share_cents != 0
