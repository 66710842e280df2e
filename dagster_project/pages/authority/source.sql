-- name: campaigns
select
    campaigns.campaign_id,
    campaigns.campaign_name,
    campaigns.authority_id,
    campaigns.is_fee_in_budget,
    status.* exclude (campaign_id)
from catalogue.campaigns as campaigns
inner join finance.budget_status as status on campaigns.campaign_id = status.campaign_id
where campaigns.authority_id = $authority_id
order by campaigns.campaign_id;

-- name: demands
-- What is left to pay, or to be given back (less than nothing), and what it is made of; the soonest term first.
with named as (
    select
        operator_id,
        unmatched_cents,
        unnest(named_references) as reference
    from payments.payment_verdicts
    where unmatched_cents != 0
),

-- Paid by somebody else, say: it names the demand, and is not counted.
unmatched as (
    select
        operator_id,
        reference,
        cast(sum(unmatched_cents) as bigint) as unmatched_cents
    from named
    group by all
)

select
    demands.*,
    demands.rest_cents - demands.surplus_cents as left_cents,
    steps.opening_cents,
    steps.consumed_cents,
    steps.revision_cents,
    invoices.fee_ex_vat_cents,
    invoices.vat_cents,
    unmatched.unmatched_cents
from payments.demand_accounts as demands
left join unmatched
    on demands.operator_id = unmatched.operator_id and demands.reference = unmatched.reference
left join finance.advance_steps as steps
    on
        if(demands.kind = 'advance', demands.campaign_id, null) = steps.campaign_id
        and demands.operator_id = steps.operator_id
        and demands.number = steps.statement_number
left join finance.fee_invoices as invoices
    on
        if(demands.kind = 'invoice', demands.campaign_id, null) = invoices.campaign_id
        and demands.operator_id = invoices.operator_id
        and demands.number = invoices.invoice_number
where demands.authority_id = $authority_id and demands.sent_on is not null and left_cents != 0
order by demands.due_on, demands.operator_id, demands.reference;

-- name: calls
select
    operator_id,
    period_start_on,
    period_end_on,
    is_closed,
    tariff_cents,
    cap_cut_cents,
    budget_cut_cents,
    adjustment_cents,
    incentive_cents,
    fee_ex_vat_cents + vat_cents as fee_cents
from finance.fund_calls
where campaign_id = $campaign_id
order by period_start_on desc, operator_id asc;

-- name: steps
select
    operator_id,
    period_start_on,
    step,
    loss,
    seats
from finance.fund_call_steps
where campaign_id = $campaign_id
order by period_start_on desc, operator_id asc, loss asc;

-- name: days
select * exclude (campaign_id, pot_cents)
from finance.pot_days
where campaign_id = $campaign_id
order by day_on;

-- name: months
select
    journey_month_on as month_on,
    operator_id,
    cast(sum(paid_seats) as bigint) as paid_seats,
    cast(sum(tariff_cents) as bigint) as tariff_cents,
    cast(sum(cap_cut_cents) as bigint) as cap_cut_cents,
    cast(sum(budget_cut_cents) as bigint) as budget_cut_cents,
    cast(sum(incentive_cents) as bigint) as incentive_cents,
    cast(sum(fee_cents) as bigint) as fee_cents,
    cast(coalesce(sum(incentive_cents) filter (where is_adjustment), 0) as bigint) as adjustment_cents
from finance.int_pot_months
where campaign_id = $campaign_id
group by all
order by all;

-- name: newcomers
-- Of months that retention has not begun to take journeys of: what is left of the others is no month.
select
    month_on,
    cast(sum(new_drivers) as bigint) as new_drivers,
    cast(sum(new_passengers) as bigint) as new_passengers,
    cast(sum(passenger_journeys) as bigint) as passenger_journeys,
    cast(sum(driver_journeys) as bigint) as driver_journeys
from compliance.half_yearly_indicators
where campaign_id = $campaign_id and month_on > $gone_until_on
group by month_on
order by month_on desc;

-- name: figures
select * exclude (authority_id)
from authorities.authority_figures
where authority_id = $authority_id and month_on > $gone_until_on
order by all;

-- name: fates
select * exclude (authority_id)
from authorities.authority_fates
where authority_id = $authority_id and month_on > $gone_until_on
order by all;

-- name: communes
-- The authority's territory today, as the last year that is known has it.
select
    territories.place_code,
    territories.epci_code
from catalogue.territories as territories
inner join catalogue.authority_epcis as members on territories.epci_code = members.epci_code
where
    members.authority_id = $authority_id
    and $today between members.from_on and members.to_on
    and territories.year = (
        select max(known.year)
        from catalogue.territories as known
        where known.year <= year($today)
    )
order by territories.place_code;

-- name: sides
select
    operator_id,
    month_on,
    declared_cents,
    computed_cents,
    declared_cents - computed_cents as gap_cents,
    forgotten_cents,
    closed_cents,
    paid_cents,
    unpaid_cents
from payments.reconciliations
where campaign_id = $campaign_id
order by month_on desc, operator_id asc;

-- name: reasons
-- What no campaign of the authority concerns is told with each of them.
select
    operator_id,
    reason,
    cast(sum(declared_cents) as bigint) as declared_cents,
    cast(sum(computed_cents) as bigint) as computed_cents,
    cast(sum(declared_cents - computed_cents) as bigint) as gap_cents
from payments.reconciliation_reasons
where authority_id = $authority_id and (campaign_id = $campaign_id or campaign_id is null)
group by operator_id, reason
order by operator_id asc, abs(gap_cents) desc, reason asc;
