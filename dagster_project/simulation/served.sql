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
            driver as person,
            incentive_cents - passenger_cents - (first_cents - first_passenger_cents) as cents
        from told
        union all
        select
            variant,
            passenger,
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
    greatest(count(distinct driver), count(distinct passenger)) as persons,
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

-- Every variant has the same journeys: who rode is counted of the first.
counted as (
    select
        case
            when grouping(distance) = 0 then 'distance'
            when grouping(operator_id) = 0 then 'operator'
            when grouping(commune) = 0 then 'commune'
            else 'hour'
        end as subject,
        coalesce(distance, operator_id, commune, lpad(cast(hour as varchar), 2, '0')) as value,
        count(*) as journeys,
        greatest(count(distinct driver), count(distinct passenger)) as persons,
        row_number() over (partition by subject order by count(*) desc, value asc) as place
    from told
    where variant = 1
    group by grouping sets (distance, operator_id, commune, hour)
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
order by cut.subject asc, value asc nulls last, cut.variant asc;
