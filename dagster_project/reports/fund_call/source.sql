-- name: calls
select
    calls.*,
    advances.statement_number,
    advances.revision_cents,
    advances.is_final,
    pots.budget_cents,
    pots.called_cents,
    pots.invoiced_cents,
    pots.is_fee_in_budget
from finance.fund_calls as calls
left join finance.advances as advances using (campaign_id, operator_id, period_start_on)
left join finance.call_pots as pots on calls.closing_number = pots.closing_number
where campaign_id = $campaign_id
order by operator_id, period_start_on;

-- name: adjusted
select
    reason,
    journey_month_on,
    cast(sum(seats) as bigint) as seats,
    cast(sum(incentive_cents) as bigint) as incentive_cents
from (
    select
        reason,
        journey_month_on,
        max(abs(seats)) as seats,
        sum(incentive_cents) as incentive_cents
    from finance.ledger_lines
    where
        kind = 'incentive' and is_adjustment
        and campaign_id = $campaign_id and operator_id = $operator_id and call_start_on = $period_start_on
    group by reason, journey_month_on, journey_key
)
group by all
order by journey_month_on, reason;

-- name: ledger_sums
select
    cast(sum(incentive_cents) as bigint),
    cast(sum(fee_ex_vat_cents) as bigint),
    cast(sum(vat_cents) as bigint)
from finance.ledger_lines
where campaign_id = $campaign_id and operator_id = $operator_id and call_start_on = $period_start_on;
