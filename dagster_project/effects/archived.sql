-- name: groups
-- What the archive is asked, under its own key.
select
    month_on,
    step <= 4 as is_commune,
    origin_code,
    destination_code,
    cast(sum(journeys) as bigint) as journeys
from archived_journeys
group by all;

-- name: archived
-- Of months that the base no longer has whole, the archive's journeys of the authority's members of that month, down to
-- the ten below: what it leaves of a count that was told before tells of nobody. Suppressed: of the whole country.
with communes as (
    select distinct
        year,
        commune_code,
        epci_code
    from catalogue.territories
),

ends as (
    select
        groups.month_on,
        groups.journeys,
        coalesce(origins.epci_code, groups.origin_code) as origin,
        coalesce(destinations.epci_code, groups.destination_code) as destination
    from archive_groups as groups
    left join communes as origins
        on groups.is_commune and groups.origin_code = origins.commune_code and year(groups.month_on) = origins.year
    left join communes as destinations
        on
            groups.is_commune
            and groups.destination_code = destinations.commune_code
            and year(groups.month_on) = destinations.year
),

counted as (
    select
        month_on,
        sum(journeys) as journeys
    from ends
    where
        exists (
            select 1
            from catalogue.authority_epcis as members
            where
                members.authority_id = $authority_id
                and ends.month_on between members.from_on and members.to_on
                and members.epci_code in (ends.origin, ends.destination)
        )
    group by month_on
)

select
    months.month_on,
    cast(coalesce(counted.journeys, 0) // 10 * 10 as bigint) as journeys,
    months.published,
    months.suppressed
from archive_months as months
left join counted on months.month_on = counted.month_on
where months.subject = 'journeys' and months.month_on < $until_on
order by months.month_on;
