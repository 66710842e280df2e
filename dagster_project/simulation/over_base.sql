-- name: areas
create table variants.active.int_evaluated_areas as
from active.int_evaluated_areas;

-- name: valid
create temp view valid as
from active.int_evaluated_journeys;

-- name: other_valid
create temp view valid as
from other.judged.valid;

-- name: journeys
-- Of the months, those that start or end where some rule of a variant means a place. No rule asks for the operator's
-- identifier, and to write it takes as long as half of the rest.
create table variants.active.int_evaluated_journeys as
select journeys.* exclude (operator_journey_id)
from valid as journeys
where
    journeys.start_at >= $from_at and journeys.start_at < $until_at
    and (
        $is_everywhere
        or journeys.start_area_id in (select area_id from variants.campaigns.int_selector_areas)
        or journeys.end_area_id in (select area_id from variants.campaigns.int_selector_areas)
    );

-- name: payees
create temp view payees as
select
    campaign_number,
    journey_number,
    passenger_percent
from variants.campaigns.campaign_payees;

-- name: one_payee
-- Where a file has one payee for all journeys, it needs no search.
create temp view payees as
select
    budget.campaign_number,
    budget.journey_number,
    payees.passenger_percent
from variants.campaigns.int_campaign_budget as budget
inner join variants.catalogue.campaign_payees as payees on budget.campaign_number = payees.campaign_number;

-- name: opening
-- What the base has paid that no variant can pay otherwise: before the first month, and for journeys that it evaluates
-- no more.
create table variants.ledger.opening_balances as
with lines as (
    select
        ledger.journey_month_on,
        sum(
            ledger.incentive_cents
            + if(campaigns.is_fee_in_budget, ledger.fee_ex_vat_cents + ledger.vat_cents, 0)
        ) as cents
    from finance.ledger_lines as ledger
    inner join catalogue.campaigns as campaigns on ledger.campaign_id = campaigns.campaign_id
    left join active.int_evaluated_journeys as journeys
        on
            ledger.operator_id = journeys.operator_id
            and ledger.operator_journey_id = journeys.operator_journey_id
    where
        ledger.campaign_id = $campaign
        and ledger.journey_month_on <= $last
        and (ledger.journey_month_on < $first or journeys.journey_number is null)
    group by ledger.journey_month_on
),

dated as (
    select
        variants.campaign_id,
        lines.journey_month_on,
        lines.cents
    from lines
    cross join variants.catalogue.campaigns as variants
)

select
    dated.campaign_id,
    'budget' as cap_id,
    '' as whose_key,
    pots.from_on as window_on,
    cast(sum(dated.cents) as bigint) as value
from dated
asof inner join variants.catalogue.campaign_pots as pots
    on dated.campaign_id = pots.campaign_id and dated.journey_month_on >= pots.from_on
group by dated.campaign_id, pots.from_on;

-- name: counters
-- Counters of a cap go on in a variant where its cap of that name counts the same.
insert into variants.ledger.opening_balances
select
    caps.campaign_id,
    caps.cap_id,
    uses.whose_key,
    uses.window_on,
    cast(sum(uses.counted) as bigint)
from ledger.journey_cap_uses as uses
inner join active.int_evaluated_journeys as journeys on uses.journey_number = journeys.journey_number
inner join catalogue.campaign_caps as known
    on uses.campaign_number = known.campaign_number and uses.cap_id = known.cap_id
inner join variants.catalogue.campaign_caps as caps
    on
        known.cap_id = caps.cap_id
        and known.counts = caps.counts
        and known.whose = caps.whose
        and known.cap_window = caps.cap_window
        and known.time_zone = caps.time_zone
where
    uses.campaign_number = $number
    and journeys.start_at < $from_at
group by caps.campaign_id, caps.cap_id, uses.whose_key, uses.window_on;

-- name: number
select campaign_number
from catalogue.campaigns
where campaign_id = $campaign;
