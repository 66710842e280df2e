-- Each payment's share of a demand: how much of it covers what was owed, in the order of the bank's days, and how much
-- is too much. Covered and surplus together are the share.
with shares as (
    select
        shares.operator_id,
        shares.entry_key,
        shares.booked_on,
        shares.reference,
        shares.share_cents,
        shares.is_by_amount,
        demands.campaign_id,
        demands.authority_id,
        demands.kind,
        demands.period_start_on,
        demands.due_on,
        demands.owed_cents,
        demands.carried_cents,
        sum(shares.share_cents) over (
            partition by shares.operator_id, shares.reference order by shares.booked_on, shares.entry_key
        ) as paid_cents
    from {{ ref('int_payment_shares') }} as shares
    inner join {{ ref('demands') }} as demands
        on shares.operator_id = demands.operator_id and shares.reference = demands.reference
)

select
    * exclude (paid_cents),
    cast(paid_cents as bigint) as paid_so_far_cents,
    cast(
        if(
            owed_cents >= 0,
            least(owed_cents, paid_cents) - least(owed_cents, paid_cents - share_cents),
            greatest(owed_cents, paid_cents) - greatest(owed_cents, paid_cents - share_cents)
        ) as bigint
    ) as covered_cents,
    share_cents - covered_cents as surplus_cents
from shares
