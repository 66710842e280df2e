-- name: verdicts
-- Journeys that another rule of data/rules accepts or refuses otherwise.
insert into kept.replay.verdicts
select
    old.operator_id,
    old.operator_journey_id,
    cast(date_trunc('month', old.start_on) as date) as month_on,
    old.driver_identity_key,
    old.passenger_identity_key,
    if(old.outcome = 'valid', 'valide', array_to_string(list_sort(old.refusal_codes), ' ')) as verdict_before,
    if(new.outcome = 'valid', 'valide', array_to_string(list_sort(new.refusal_codes), ' ')) as verdict_after
from active.journeys as old
inner join other.judged.journeys as new
    on old.operator_id = new.operator_id and old.operator_journey_id = new.operator_journey_id
where
    old.start_on between $first and $last
    and old.outcome != 'cancelled'
    and verdict_before != verdict_after;

-- name: amounts
-- What a variant says of each journey that is its matter, and gives for it.
insert into kept.replay.amounts
select
    $is_after,
    $campaign as campaign_id,
    journeys.operator_id,
    journeys.operator_journey_id,
    cast(date_trunc('month', journeys.start_on) as date) as month_on,
    journeys.driver_identity_key,
    journeys.passenger_identity_key,
    if(verdicts.is_eligible, 'éligible', array_to_string(verdicts.failed_tests, ' ')) as verdict,
    coalesce(budget.incentive_cents, 0) as incentive_cents,
    coalesce(budget.fee_ex_vat_cents + budget.vat_cents, 0) as fee_cents
from variants.campaigns.int_campaign_clauses as pairs
inner join valid as journeys on pairs.journey_number = journeys.journey_number
inner join variants.campaigns.int_campaign_verdicts as verdicts
    on pairs.campaign_number = verdicts.campaign_number and pairs.clauses = verdicts.clauses
left join variants.campaigns.int_campaign_budget as budget
    on pairs.campaign_number = budget.campaign_number and pairs.journey_number = budget.journey_number
where pairs.campaign_number = $number;

-- name: changed
-- A row for each journey and campaign whose verdict or amount changes; without a campaign, for each such journey.
create temp table changed as
with amounts as (
    select
        coalesce(old.campaign_id, new.campaign_id) as campaign_id,
        coalesce(old.operator_id, new.operator_id) as operator_id,
        coalesce(old.operator_journey_id, new.operator_journey_id) as operator_journey_id,
        coalesce(old.month_on, new.month_on) as month_on,
        coalesce(old.driver_identity_key, new.driver_identity_key) as driver_identity_key,
        coalesce(old.passenger_identity_key, new.passenger_identity_key) as passenger_identity_key,
        coalesce(old.verdict, 'hors campagne') as verdict_before,
        coalesce(new.verdict, 'hors campagne') as verdict_after,
        coalesce(new.incentive_cents, 0) - coalesce(old.incentive_cents, 0) as incentive_cents,
        coalesce(new.fee_cents, 0) - coalesce(old.fee_cents, 0) as fee_cents
    from (
        from replay.amounts
        where not is_after
    ) as old
    full outer join (
        from replay.amounts
        where is_after
    ) as new
        on
            old.campaign_id = new.campaign_id
            and old.operator_id = new.operator_id
            and old.operator_journey_id = new.operator_journey_id
)

select
    amounts.campaign_id,
    coalesce(amounts.operator_id, verdicts.operator_id) as operator_id,
    coalesce(amounts.month_on, verdicts.month_on) as month_on,
    coalesce(amounts.driver_identity_key, verdicts.driver_identity_key) as driver_identity_key,
    coalesce(amounts.passenger_identity_key, verdicts.passenger_identity_key) as passenger_identity_key,
    coalesce(verdicts.verdict_before, amounts.verdict_before) as verdict_before,
    coalesce(verdicts.verdict_after, amounts.verdict_after) as verdict_after,
    coalesce(amounts.incentive_cents, 0) as incentive_cents,
    coalesce(amounts.fee_cents, 0) as fee_cents
from amounts
full outer join replay.verdicts as verdicts
    on
        amounts.operator_id = verdicts.operator_id
        and amounts.operator_journey_id = verdicts.operator_journey_id
where
    verdicts.operator_id is not null
    or amounts.verdict_before != amounts.verdict_after
    or amounts.incentive_cents != 0
    or amounts.fee_cents != 0;

-- name: told
-- Each group with whether it is told by itself: no subtraction of told groups from the sum of all leaves a few.
create temp table told as
with grouped as (
    select
        operator_id,
        campaign_id,
        month_on,
        verdict_before,
        verdict_after,
        count(*) as journeys,
        greatest(count(distinct driver_identity_key), count(distinct passenger_identity_key)) as persons,
        cast(sum(incentive_cents) as bigint) as incentive_cents,
        cast(sum(fee_cents) as bigint) as fee_cents
    from changed
    group by all
),

large as (
    select
        *,
        least(journeys, persons) >= $k as is_large
    from grouped
),

ranked as (
    select
        *,
        count(*) filter (where not is_large) over () as too_small,
        count(*) over before_it as groups_before,
        coalesce(least(sum(journeys) over before_it, max(persons) over before_it), 0) as behind_it
    from large
    window before_it as (
        order by is_large, journeys, operator_id, campaign_id, month_on, verdict_before, verdict_after
        rows between unbounded preceding and 1 preceding
    )
)

select
    * exclude (is_large, too_small, groups_before, behind_it),
    is_large and (too_small = 0 or (groups_before > 1 and behind_it >= $k)) as is_told
from ranked;

-- name: groups
-- Those with the most money first; last, together, those of few.
select
    if(is_told, operator_id, null) as operator_id,
    if(is_told, campaign_id, null) as campaign_id,
    if(is_told, month_on, null) as month_on,
    if(is_told, verdict_before, null) as verdict_before,
    if(is_told, verdict_after, null) as verdict_after,
    is_told,
    cast(sum(journeys) as bigint) as journeys,
    cast(sum(incentive_cents) as bigint) as incentive_cents,
    cast(sum(fee_cents) as bigint) as fee_cents
from told
group by all
order by
    is_told desc, abs(sum(incentive_cents) + sum(fee_cents)) desc, sum(journeys) desc,
    operator_id asc, campaign_id asc, month_on asc, verdict_before asc, verdict_after asc;

-- name: sums
select
    case
        when grouping(operator_id) = 0 then 'operator'
        when grouping(campaign_id) = 0 then 'campaign'
        else 'verdict'
    end as subject,
    operator_id,
    campaign_id,
    verdict_before,
    verdict_after,
    cast(coalesce(sum(journeys) filter (where is_told), 0) as bigint) as journeys,
    cast(sum(incentive_cents) as bigint) as incentive_cents,
    cast(sum(fee_cents) as bigint) as fee_cents
from told
group by grouping sets (operator_id, campaign_id, (verdict_before, verdict_after))
order by subject asc, operator_id asc, campaign_id asc, verdict_before asc, verdict_after asc;
