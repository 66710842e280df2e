-- name: amounts
-- By operator, what its lines of the ledger come to, settled and waiting, and what is left of its demands.
select
    operator_id,
    cast(coalesce(sum(incentive_cents), 0) as bigint) as incentive_cents,
    cast(coalesce(sum(fee_cents), 0) as bigint) as fee_cents,
    cast(coalesce(sum(rest_cents), 0) as bigint) as rest_cents
from (
    select
        operator_id,
        incentive_cents,
        fee_cents,
        0 as rest_cents
    from finance.int_pot_months
    union all
    select
        operator_id,
        0 as incentive_cents,
        0 as fee_cents,
        rest_cents
    from payments.demand_accounts
)
group by operator_id;
