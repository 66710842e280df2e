-- A public holiday counts as a Sunday; school holidays are those of the département with most of the authority's
-- places (D-302).
with nights as (
    select
        campaign_id,
        authority_id,
        cast('{{ var("business_date") }}' as date) as business_date
    from {{ source('catalogue', 'campaigns') }}
),

places as (
    select
        members.authority_id,
        territories.departement_code,
        count(*) as places
    from {{ source('catalogue', 'authority_epcis') }} as members
    inner join {{ source('catalogue', 'territories') }} as territories on members.epci_code = territories.epci_code
    where
        cast('{{ var("business_date") }}' as date) between members.from_on and members.to_on
        and territories.year = (
            select max(known.year)
            from {{ source('catalogue', 'territories') }} as known
            where known.year <= year(cast('{{ var("business_date") }}' as date))
        )
    group by all
),

seats as (
    select
        authority_id,
        arg_max(departement_code, (places, departement_code)) as departement_code
    from places
    group by authority_id
),

free as (
    select
        departement_code,
        cast(unnest(generate_series(from_on, to_on, interval 1 day)) as date) as day_on
    from {{ source('catalogue', 'holidays') }}
),

known as (
    select max(day_on) as until_on
    from free
    where departement_code is not null
),

-- Half a year back, and a month for what is not delivered yet; a year ahead, as far as school holidays are known.
days as (
    select
        nights.campaign_id,
        seats.departement_code,
        cast(unnest(generate_series(
            nights.business_date - 7 * 30,
            greatest(nights.business_date, least(nights.business_date + 364, known.until_on)),
            interval 1 day
        )) as date) as day_on
    from nights
    left join seats on nights.authority_id = seats.authority_id
    cross join known
)

select
    days.campaign_id,
    days.day_on,
    if(public.day_on is null, isodow(days.day_on), 7) as kind_of_day,
    school.day_on is not null as is_school_holiday
from days
left join free as public on days.day_on = public.day_on and public.departement_code is null
left join free as school on days.day_on = school.day_on and days.departement_code = school.departement_code
