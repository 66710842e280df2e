-- name: campaigns
select
    campaigns.campaign_id,
    campaigns.campaign_name,
    campaigns.convention_reference,
    campaigns.payment_days,
    campaigns.is_fee_in_budget,
    status.* exclude (campaign_id, review_on, review_cents)
from catalogue.campaigns as campaigns
inner join finance.budget_status as status on campaigns.campaign_id = status.campaign_id
where campaigns.authority_id = $authority_id
order by campaigns.campaign_id;

-- name: calls
select
    calls.*,
    advances.statement_number,
    advances.consumed_cents,
    advances.revision_cents
from finance.fund_calls as calls
left join finance.advances as advances using (campaign_id, operator_id, period_start_on)
where calls.campaign_id = $campaign_id
order by calls.period_start_on desc, calls.operator_id;

-- name: invoices
select
    operator_id,
    invoice_number,
    period_start_on,
    period_end_on,
    total_cents
from finance.fee_invoices
where campaign_id = $campaign_id
order by invoice_number;

-- name: advances
select *
from finance.advance_steps
where campaign_id = $campaign_id
order by operator_id, statement_number;

-- name: days
select
    start_on,
    cast(sum(journeys) as bigint) as journeys,
    cast(sum(incentive_cents) as bigint) as incentive_cents,
    cast(sum(fee_cents) as bigint) as fee_cents,
    min(first_cut_at) as first_cut_at
from campaigns.campaign_days
where campaign_id = $campaign_id
group by start_on
order by start_on;

-- name: months
select
    month_on,
    operator_id,
    cast(sum(tariff_cents) as bigint) as tariff_cents,
    cast(sum(cap_cut_cents) as bigint) as cap_cut_cents,
    cast(sum(budget_cut_cents) as bigint) as budget_cut_cents,
    cast(sum(incentive_cents) as bigint) as incentive_cents,
    cast(sum(fee_ex_vat_cents + vat_cents) as bigint) as fee_cents,
    cast(sum(paid_seats) as bigint) as paid_seats,
    cast(coalesce(sum(incentive_cents) filter (where reason = 'late'), 0) as bigint) as late_cents,
    cast(coalesce(sum(paid_seats) filter (where reason = 'late'), 0) as bigint) as late_seats
from finance.ledger_months
where campaign_id = $campaign_id
group by month_on, operator_id
order by month_on desc, operator_id;

-- name: newcomers
-- Cars and their seats, so as to tell occupancy; who travels for the first time with an operator (a half-year's sense).
select
    month_on,
    cast(sum(passenger_journeys) as bigint) as passenger_journeys,
    cast(sum(driver_journeys) as bigint) as driver_journeys,
    cast(sum(new_drivers) as bigint) as new_drivers,
    cast(sum(new_passengers) as bigint) as new_passengers
from compliance.half_yearly_indicators
where campaign_id = $campaign_id
group by month_on;

-- name: figures
select * exclude (authority_id)
from authorities.authority_figures
where authority_id = $authority_id
order by month_on, subject, value nulls last;

-- name: steps
select
    operator_id,
    period_start_on,
    step,
    loss,
    seats
from finance.fund_call_steps
where campaign_id = $campaign_id
order by period_start_on desc, operator_id, loss;

-- name: deliveries
select
    cast(date_trunc('month', business_date) as date) as month_on,
    operator_id,
    count(*) as drops,
    count(refused_code) as refused_drops,
    cast(sum(rows) as bigint) as rows,
    cast(sum(rejected_rows) as bigint) as rejected_rows
from active.drop_accounts
where operator_id in (select unnest($operators))
group by all
order by month_on desc, operator_id;

-- name: prices
select distinct
    table_number,
    band,
    billed_m,
    tariff_cents
from campaigns.campaign_prices
where campaign_id = $campaign_id
order by all;

-- name: communes
-- As the last year that journeys need knows them.
select
    territories.place_code,
    territories.epci_code
from catalogue.territories as territories
inner join catalogue.authority_epcis as members on territories.epci_code = members.epci_code
where
    members.authority_id = $authority_id
    and $today between members.from_on and members.to_on
    and territories.year = (select max(year) from catalogue.territories where year <= year($today))
order by territories.place_code;
