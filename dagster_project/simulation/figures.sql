-- name: told
-- Each journey that is the matter of some variant, by variant, beside what the first variant gives for it.
create temp table told as
with amounts as (
    select
        budget.campaign_number as variant,
        budget.journey_number,
        budget.incentive_cents,
        budget.capped_cents,
        budget.fee_ex_vat_cents + budget.vat_cents as fee_cents,
        budget.is_cut_by_budget,
        budget.incentive_cents * payees.passenger_percent // 100 as passenger_cents
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
        journeys.start_at,
        journeys.operator_id,
        journeys.driver_identity_key,
        journeys.passenger_identity_key,
        timezone($zone, journeys.start_at) as started_at,
        journeys.distance_m // 1000 as km,
        coalesce(communes.commune, 'lieu inconnu') as commune
    from variants.active.int_evaluated_journeys as journeys
    left join communes on journeys.start_area_id = communes.area_id
    where journeys.journey_number in (select journey_number from variants.campaigns.int_campaign_clauses)
)

select
    campaigns.campaign_number as variant,
    facts.journey_number,
    facts.start_at,
    facts.operator_id,
    facts.driver_identity_key,
    facts.passenger_identity_key,
    facts.commune,
    cast(date_trunc('month', facts.started_at) as date) as month_on,
    hour(facts.started_at) as hour,
    case
        when facts.km < 5 then '0-5'
        when facts.km < 10 then '5-10'
        when facts.km < 20 then '10-20'
        when facts.km < 30 then '20-30'
        when facts.km < 50 then '30-50'
        when facts.km < 100 then '50-100'
        else '100+'
    end as distance,
    coalesce(own.incentive_cents, 0) as incentive_cents,
    coalesce(own.passenger_cents, 0) as passenger_cents,
    coalesce(own.capped_cents, 0) as capped_cents,
    coalesce(own.fee_cents, 0) as fee_cents,
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
    min(cast(timezone($zone, start_at) as date)) filter (where is_cut) as emptied_on
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

-- name: moved
-- Journeys that get more or less than of the first variant, and persons, of all that they get as driver or passenger.
with persons as (
    select
        variant,
        person,
        sum(cents) as cents
    from (
        select
            variant,
            driver_identity_key as person,
            incentive_cents - passenger_cents - (first_cents - first_passenger_cents) as cents
        from told
        union all
        select
            variant,
            passenger_identity_key,
            passenger_cents - first_passenger_cents
        from told
    )
    where person is not null
    group by variant, person
),

counted as (
    select
        variant,
        count(*) filter (where cents > 0) as persons_gaining,
        count(*) filter (where cents < 0) as persons_losing
    from persons
    group by variant
)

select
    told.variant,
    count(*) as journeys,
    greatest(count(distinct driver_identity_key), count(distinct passenger_identity_key)) as persons,
    count(*) filter (where incentive_cents > first_cents) as gaining,
    count(*) filter (where incentive_cents < first_cents) as losing,
    cast(coalesce(sum(incentive_cents - first_cents) filter (where incentive_cents > first_cents), 0) as bigint)
        as gained_cents,
    cast(coalesce(sum(first_cents - incentive_cents) filter (where incentive_cents < first_cents), 0) as bigint)
        as lost_cents,
    coalesce(any_value(counted.persons_gaining), 0) as persons_gaining,
    coalesce(any_value(counted.persons_losing), 0) as persons_losing
from told
left join counted on told.variant = counted.variant
group by told.variant
order by told.variant;

-- name: values
-- Cut by one property at a time; values with few journeys or persons are told as one rest, as D-266 has it.
with cut as (
    select
        variant,
        case
            when grouping(distance) = 0 then 'distance'
            when grouping(operator_id) = 0 then 'operator'
            when grouping(commune) = 0 then 'commune'
            else 'hour'
        end as subject,
        coalesce(distance, operator_id, commune, lpad(cast(hour as varchar), 2, '0')) as value,
        count(*) as journeys,
        cast(sum(incentive_cents) as bigint) as incentive_cents,
        count(*) filter (where incentive_cents > first_cents) as gaining,
        count(*) filter (where incentive_cents < first_cents) as losing
    from told
    group by grouping sets ((variant, distance), (variant, operator_id), (variant, commune), (variant, hour))
),

persons as (
    select
        case
            when grouping(distance) = 0 then 'distance'
            when grouping(operator_id) = 0 then 'operator'
            when grouping(commune) = 0 then 'commune'
            else 'hour'
        end as subject,
        coalesce(distance, operator_id, commune, lpad(cast(hour as varchar), 2, '0')) as value,
        greatest(count(distinct driver_identity_key), count(distinct passenger_identity_key)) as persons
    from told
    where variant = 1
    group by grouping sets (distance, operator_id, commune, hour)
),

counted as (
    select
        cut.subject,
        cut.value,
        cut.journeys,
        persons.persons,
        row_number() over (partition by cut.subject order by cut.journeys desc, cut.value) as place
    from cut
    inner join persons on cut.subject = persons.subject and cut.value = persons.value
    where cut.variant = 1
),

large as (
    select
        *,
        least(journeys, persons) >= $k and place <= $most as is_large
    from counted
),

ranked as (
    select
        *,
        count(*) over before_it as values_before,
        count(*) filter (where not is_large) over (partition by subject) as too_small,
        coalesce(least(sum(journeys) over before_it, max(persons) over before_it), 0) as behind_them
    from large
    window before_it as (
        partition by subject order by is_large, journeys, value rows between unbounded preceding and 1 preceding
    )
),

judged as (
    select
        subject,
        value,
        is_large and (too_small = 0 or (values_before > 1 and behind_them >= $k)) as is_told
    from ranked
)

select
    cut.subject,
    if(judged.is_told, cut.value, null) as value,
    cut.variant,
    cast(sum(cut.journeys) as bigint) as journeys,
    cast(sum(cut.incentive_cents) as bigint) as incentive_cents,
    cast(sum(cut.gaining) as bigint) as gaining,
    cast(sum(cut.losing) as bigint) as losing
from cut
inner join judged on cut.subject = judged.subject and cut.value = judged.value
group by cut.subject, if(judged.is_told, cut.value, null), cut.variant
order by cut.subject, value nulls last, cut.variant;

-- name: paid
-- What the base has paid, by month of the journeys.
select
    journey_month_on as month_on,
    cast(sum(incentive_cents) as bigint) as incentive_cents,
    cast(sum(fee_ex_vat_cents + vat_cents) as bigint) as fee_cents
from finance.ledger_lines
where campaign_id = $campaign and journey_month_on between $first and $last
group by journey_month_on
order by journey_month_on;

-- name: reasons
-- Why the first variant gives something else than the base has paid; without a difference, no row.
with late as (
    select distinct
        operator_id,
        operator_journey_id
    from finance.ledger_lines
    where campaign_id = $campaign and reason = 'late'
),

base as (
    select
        incentives.journey_number,
        incentives.incentive_cents,
        incentives.fee_ex_vat_cents + incentives.vat_cents as fee_cents,
        incentives.is_cut_by_budget as is_cut,
        coalesce(incentives.incentive_closing, incentives.fee_closing) is not null as is_closed,
        late.operator_id is not null as is_late
    from campaigns.campaign_incentives as incentives
    left join late
        on
            incentives.operator_id = late.operator_id
            and incentives.operator_journey_id = late.operator_journey_id
    where
        incentives.campaign_id = $campaign
        and cast(timezone($zone, incentives.start_at) as date) between $first and $last
),

compared as (
    select
        case
            when base.is_late then 'retard'
            when base.is_closed then 'clos'
            when base.is_cut or told.is_cut then 'enveloppe'
            else 'autre'
        end as reason,
        coalesce(told.incentive_cents, 0) - coalesce(base.incentive_cents, 0) as incentive_cents,
        coalesce(told.fee_cents, 0) - coalesce(base.fee_cents, 0) as fee_cents
    from base
    full outer join (
        from told
        where variant = 1
    ) as told on base.journey_number = told.journey_number
    union all
    select
        'hors_base',
        coalesce((select sum(incentive_cents) from base), 0) - coalesce(sum(incentive_cents), 0),
        coalesce((select sum(fee_cents) from base), 0) - coalesce(sum(fee_ex_vat_cents + vat_cents), 0)
    from finance.ledger_lines
    where campaign_id = $campaign and journey_month_on between $first and $last
)

select
    reason,
    cast(sum(incentive_cents) as bigint) as incentive_cents,
    cast(sum(fee_cents) as bigint) as fee_cents
from compared
where incentive_cents != 0 or fee_cents != 0
group by reason
order by reason;

-- name: behaviour
-- In millionths of a journey: each one as often as the assumption says for what it gets more or less, never less than 0.
-- Incentive and fee as they are asked of the pot.
with weighed as (
    select
        told.month_on,
        told.capped_cents,
        if(verdicts.is_fee_due, if(campaigns.is_fee_per_seat, journeys.seats, 1), 0) * (
            campaigns.fee_ex_vat_cents
            + (
                2 * campaigns.fee_ex_vat_cents * if(exemptions.to_on is null, coalesce(campaigns.vat_basis_points, 0), 0)
                + 10000
            ) // 20000
        ) as fee_cents,
        greatest(1000000 + $points * (told.incentive_cents - told.first_cents), 0) as weight
    from told
    inner join variants.catalogue.campaigns as campaigns on told.variant = campaigns.campaign_number
    inner join variants.active.int_evaluated_journeys as journeys on told.journey_number = journeys.journey_number
    left join variants.campaigns.int_campaign_clauses as clauses
        on told.variant = clauses.campaign_number and told.journey_number = clauses.journey_number
    left join variants.campaigns.int_campaign_verdicts as verdicts
        on clauses.campaign_number = verdicts.campaign_number and clauses.clauses = verdicts.clauses
    left join variants.catalogue.operator_vat_exemptions as exemptions
        on
            told.operator_id = exemptions.operator_id
            and cast(timezone(campaigns.time_zone, told.start_at) as date) <= exemptions.to_on
    where told.variant = $variant
)

select
    month_on,
    cast((sum(weight) + 500000) // 1000000 as bigint) as journeys,
    count(*) as journeys_without,
    cast((sum(cast(weight as hugeint) * capped_cents) + 500000) // 1000000 as bigint) as incentive_cents,
    cast((sum(cast(weight as hugeint) * fee_cents) + 500000) // 1000000 as bigint) as fee_cents
from weighed
where capped_cents > 0 or fee_cents > 0 or weight != 1000000
group by month_on
order by month_on;

-- name: span
-- The first month and the last day of the base.
select
    cast(date_trunc('month', min(cast(timezone($zone, start_at) as date))) as date) as first_on,
    max(cast(timezone($zone, start_at) as date)) as last_on
from active.int_evaluated_journeys;
