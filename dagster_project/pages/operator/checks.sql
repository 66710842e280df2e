-- name: differing
-- Operators whose calls do not sum to their lines of the ledger, to the cent.
select operator_id
from (
    select
        operator_id,
        incentive_cents
    from finance.fund_calls
    union all
    select
        operator_id,
        -incentive_cents
    from finance.ledger_lines
)
group by operator_id
having sum(incentive_cents) != 0
order by operator_id;

-- name: delivered
select
    drop_id,
    "rows", -- noqa: RF06
    rejected_rows
from active.drop_accounts;
