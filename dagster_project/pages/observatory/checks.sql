-- name: month
-- The month's valid journeys, straight from the base.
select
    count(*) as journeys,
    cast(sum(greatest(coalesce(seats, 1), 1)) as bigint) as passenger_journeys,
    cast(sum(greatest(coalesce(seats, 1), 1) * distance_m) as bigint) as passenger_m
from active.journeys
where outcome = 'valid' and start_on between $month_on and last_day($month_on);

-- name: calls
select
    campaign_id,
    period_start_on,
    cast(sum(incentive_cents) as bigint) as incentive_cents
from finance.fund_calls
where is_closed
group by campaign_id, period_start_on;
