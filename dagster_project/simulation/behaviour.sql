-- name: behaviour
-- In millionths of a journey: each as often as the assumption says for what it gets more or less, never less than 0.
-- Incentive and fee as they are asked of the pot.
with weighed as (
    select
        month_on,
        capped_cents,
        due_fee_cents,
        greatest(1000000 + $points * (incentive_cents - first_cents), 0) as weight
    from told
    where variant = $variant
)

select
    month_on,
    cast((sum(weight) + 500000) // 1000000 as bigint) as journeys,
    count(*) as journeys_without,
    cast((sum(cast(weight as hugeint) * capped_cents) + 500000) // 1000000 as bigint) as incentive_cents,
    cast((sum(cast(weight as hugeint) * due_fee_cents) + 500000) // 1000000 as bigint) as fee_cents
from weighed
group by month_on
order by month_on;
