-- name: frame
-- Nights know a journey some days after it: the last week before the night is not counted.
select
    campaigns.campaign_name,
    campaigns.authority_id,
    cast(timezone(campaigns.time_zone, campaigns.start_at) as date) as start_on,
    campaigns.closes_until_on as end_on,
    status.business_date,
    cast(status.business_date - 7 as date) as last_on,
    kept.first_on
from catalogue.campaigns as campaigns
inner join finance.budget_status as status on campaigns.campaign_id = status.campaign_id
cross join (
    select min(start_on) as first_on
    from active.journeys
    where outcome = 'valid'
) as kept
where campaigns.campaign_id = $campaign_id;

-- name: weeks
-- Passenger journeys by territory and week from $first_on. '': the campaign's, by the authority's members at its start.
-- The others: inter-communal bodies of no authority with a campaign; journeys that touch the campaign's are not theirs.
with members as (
    select epci_code
    from catalogue.authority_epcis
    where authority_id = $authority_id and $start_on between from_on and to_on
),

claimed as (
    select epcis.epci_code
    from catalogue.authority_epcis as epcis
    semi join catalogue.campaigns as campaigns on epcis.authority_id = campaigns.authority_id
),

journeys as (
    select
        (journeys.start_on - $first_on) // 7 as week,
        greatest(coalesce(journeys.seats, 1), 1) as seats,
        list_distinct([starts.epci_code, ends.epci_code]) as epcis
    from active.journeys as journeys
    left join catalogue.territories as starts
        on journeys.start_place_code = starts.place_code and journeys.territory_year = starts.year
    left join catalogue.territories as ends
        on journeys.end_place_code = ends.place_code and journeys.territory_year = ends.year
    where journeys.outcome = 'valid' and journeys.start_on between $first_on and $last_on
),

placed as (
    select
        week,
        seats,
        unnest(if(list_has_any(epcis, (select list(epci_code) from members)), [''], epcis)) as territory
    from journeys
)

select
    territory,
    week,
    cast(sum(seats) as bigint) as journeys
from placed
where territory is not null and territory not in (select epci_code from claimed)
group by territory, week
order by territory, week;

-- name: months
-- Of whole months: who rode, who for the first time, who again the month after; of the journeys that the authority's
-- page counts (D-266), so that the two never differ by a few.
with rides as (
    select
        cast(date_trunc('month', journeys.start_on) as date) as month_on,
        greatest(coalesce(journeys.seats, 1), 1) as seats,
        unnest([journeys.driver_identity_key, journeys.passenger_identity_key]) as person,
        unnest([true, false]) as is_driver
    from active.journeys as journeys
    semi join authorities.int_authority_selections as selections
        on
            journeys.operator_id = selections.operator_id
            and journeys.operator_journey_id = selections.operator_journey_id
            and selections.authority_id = $authority_id
    where journeys.start_on between $first_on and $last_on
),

persons as (
    select
        person,
        month_on,
        min(month_on) over (partition by person) as first_month_on,
        lead(month_on) over (partition by person order by month_on) as next_month_on
    from rides
    group by person, month_on
),

counted as (
    select
        month_on,
        count(*) as persons,
        count(*) filter (where first_month_on = month_on) as newcomers,
        count(*) filter (where next_month_on = month_on + interval 1 month) as stayers
    from persons
    group by month_on
)

select
    rides.month_on,
    cast(sum(rides.seats) filter (where not rides.is_driver) as bigint) as journeys,
    count(distinct rides.person) filter (where rides.is_driver) as drivers,
    count(distinct rides.person) filter (where not rides.is_driver) as passengers,
    any_value(counted.persons) as persons,
    any_value(counted.newcomers) as newcomers,
    any_value(counted.stayers) as stayers
from rides
inner join counted on rides.month_on = counted.month_on
group by rides.month_on
order by rides.month_on;

-- name: couples
-- What was paid for couples that rode together before the campaign, whoever drove, and for the others.
with pairs as (
    select
        operator_id,
        operator_journey_id,
        start_on,
        least(driver_identity_key, passenger_identity_key) as one,
        greatest(driver_identity_key, passenger_identity_key) as other
    from active.journeys
    where outcome = 'valid'
),

earlier as (
    select distinct
        one,
        other
    from pairs
    where start_on < $start_on
)

select
    earlier.one is not null as is_earlier,
    count(distinct [pairs.one, pairs.other]) as couples,
    count(*) as journeys,
    cast(sum(incentives.seats) as bigint) as passenger_journeys,
    cast(sum(incentives.seats * incentives.distance_m) as bigint) as passenger_m,
    cast(sum(incentives.incentive_cents) as bigint) as incentive_cents
from campaigns.campaign_incentives as incentives
inner join pairs
    on incentives.operator_id = pairs.operator_id and incentives.operator_journey_id = pairs.operator_journey_id
left join earlier on pairs.one = earlier.one and pairs.other = earlier.other
where incentives.campaign_id = $campaign_id and incentives.incentive_cents > 0
group by is_earlier
order by is_earlier;
