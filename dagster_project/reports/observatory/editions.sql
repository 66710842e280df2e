-- name: months
-- What is due and large enough to be told.
select
    month_on,
    cast($business_date as date) as business_date,
    journeys,
    passenger_journeys,
    car_trips,
    occupancy,
    passenger_m,
    busiest_journeys
from observatory.public_totals
where is_new and month_on in (select month_on from observatory.public_territories)
order by month_on;

-- name: corrections
select
    month_on,
    cast($business_date as date) as business_date,
    journeys,
    passenger_journeys,
    car_trips,
    occupancy,
    passenger_m,
    busiest_journeys
from observatory.public_corrections_due
order by month_on;

-- name: calls
select
    campaign_id,
    period_start_on,
    period_end_on,
    cast($business_date as date) as business_date,
    subsidised_journeys,
    incentive_cents
from observatory.public_calls_due
order by campaign_id, period_start_on;

-- name: territories
select *
from observatory.public_territories
where month_on = $month_on
order by all;

-- name: flows
select *
from observatory.public_flows
where month_on = $month_on
order by all;

-- name: names
-- What codes are called in a year, or in the last one that is known before it.
with places as (
    select *
    from catalogue.territories
    where year = (
        select max(known.year)
        from catalogue.territories as known
        where known.year <= year($month_on)
    )
),

named as (
    select
        commune_code as code,
        commune_name as name
    from places
    union all
    select
        epci_code as code,
        epci_name as name
    from places
    union all
    select
        coalesce(departement_code, country_code) as code,
        coalesce(departement_name, country_name) as name
    from places
)

select
    code,
    min(name) as name
from named
where code is not null
group by code
order by code;
