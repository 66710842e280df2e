-- name: span
-- The first month and the last day of the base.
select
    cast(date_trunc('month', timezone($zone, min(start_at))) as date) as first_on,
    cast(timezone($zone, max(start_at)) as date) as last_on
from active.int_evaluated_journeys;

-- name: told
-- Each journey that is the matter of some variant, by variant, beside what the first variant gives for it. Who rode is
-- told apart by a number made of the key, which takes an eighth of its room.
create temp table told as
with amounts as (
    select
        budget.campaign_number as variant,
        budget.journey_number,
        budget.incentive_cents,
        budget.capped_cents,
        budget.fee_ex_vat_cents + budget.vat_cents as fee_cents,
        budget.due_fee_cents,
        budget.is_cut_by_budget,
        cast(sign(budget.incentive_cents) * (abs(budget.incentive_cents) * payees.passenger_percent // 100) as bigint)
            as passenger_cents
    from variants.campaigns.int_campaign_budget as budget
    inner join payees
        on budget.campaign_number = payees.campaign_number and budget.journey_number = payees.journey_number
),

communes as (
    select
        areas.area_id,
        coalesce(places.commune_code || ' ' || places.commune_name, places.country_name, 'lieu inconnu') as commune
    from active.int_evaluated_areas as areas
    left join catalogue.territories as places
        on areas.year = places.year and areas.place_code = places.place_code
    where areas.area_id in (select start_area_id from variants.active.int_evaluated_journeys)
),

facts as (
    select
        journeys.journey_number,
        journeys.operator_id,
        if(journeys.driver_identity_key is null, null, hash(journeys.driver_identity_key)) as driver,
        if(journeys.passenger_identity_key is null, null, hash(journeys.passenger_identity_key)) as passenger,
        timezone($zone, journeys.start_at) as started_at,
        journeys.distance_m,
        coalesce(communes.commune, 'lieu inconnu') as commune
    from variants.active.int_evaluated_journeys as journeys
    left join communes on journeys.start_area_id = communes.area_id
    where journeys.journey_number in (select journey_number from variants.campaigns.int_campaign_clauses)
)

select
    campaigns.campaign_number as variant,
    facts.journey_number,
    facts.operator_id,
    facts.driver,
    facts.passenger,
    facts.commune,
    cast(facts.started_at as date) as start_on,
    cast(date_trunc('month', facts.started_at) as date) as month_on,
    hour(facts.started_at) as hour,
    case
        when facts.distance_m < 5000 then '0-5'
        when facts.distance_m < 10000 then '5-10'
        when facts.distance_m < 20000 then '10-20'
        when facts.distance_m < 30000 then '20-30'
        when facts.distance_m < 50000 then '30-50'
        when facts.distance_m < 100000 then '50-100'
        else '100+'
    end as distance,
    coalesce(own.incentive_cents, 0) as incentive_cents,
    coalesce(own.passenger_cents, 0) as passenger_cents,
    coalesce(own.capped_cents, 0) as capped_cents,
    coalesce(own.fee_cents, 0) as fee_cents,
    coalesce(own.due_fee_cents, 0) as due_fee_cents,
    coalesce(own.is_cut_by_budget, false) as is_cut,
    coalesce(first.incentive_cents, 0) as first_cents,
    coalesce(first.passenger_cents, 0) as first_passenger_cents
from facts
cross join variants.catalogue.campaigns as campaigns
left join amounts as own
    on campaigns.campaign_number = own.variant and facts.journey_number = own.journey_number
left join amounts as first on first.variant = 1 and facts.journey_number = first.journey_number;

-- name: months
select
    variant,
    month_on,
    count(*) as journeys,
    count(*) filter (where incentive_cents > 0) as paid,
    cast(sum(incentive_cents) as bigint) as incentive_cents,
    cast(sum(fee_cents) as bigint) as fee_cents,
    min(start_on) filter (where is_cut) as emptied_on
from told
group by variant, month_on
order by variant, month_on;

-- name: opening
select
    campaigns.campaign_number as variant,
    cast(sum(opening.value) as bigint) as drawn_cents
from variants.ledger.opening_balances as opening
inner join variants.catalogue.campaigns as campaigns on opening.campaign_id = campaigns.campaign_id
where opening.cap_id = 'budget'
group by campaigns.campaign_number;
