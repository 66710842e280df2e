-- name: open_calls
-- Calls that are still open, in cents; `journeys` counts journeys, not seats.
select
    operator_id,
    period_start_on,
    period_end_on,
    journeys,
    subsidised_journeys,
    incentive_cents,
    fee_ex_vat_cents,
    vat_cents,
    total_cents
from finance.fund_calls
where campaign_id = $campaign_id and not is_closed
order by period_start_on, operator_id;

-- name: pot
select
    campaigns.campaign_name,
    status.budget_cents,
    status.settled_cents,
    status.provisional_cents,
    status.left_cents,
    cast(sum(states.called_cents) as bigint) as called_cents,
    cast(sum(states.invoiced_cents) as bigint) as invoiced_cents,
    cast(sum(states.held_cents) as bigint) as held_cents,
    status.last_28_days_cents,
    status.exhaustion_on,
    status.ends_on,
    status.forecast_weeks,
    status.earliest_on,
    status.latest_on,
    status.horizon_on
from finance.budget_status as status
inner join catalogue.campaigns as campaigns on status.campaign_id = campaigns.campaign_id
left join finance.pot_states as states on status.campaign_id = states.campaign_id
where status.campaign_id = $campaign_id
group by all;
