-- name: differing
-- The ledger's lines of closed periods and those of open ones, as calls have them.
select campaign_id
from (
    select
        campaign_id,
        incentive_cents
    from finance.fund_calls
    union all
    select
        campaign_id,
        -incentive_cents
    from finance.ledger_lines
)
group by campaign_id
having sum(incentive_cents) != 0
order by campaign_id;
