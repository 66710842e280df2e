-- A week's level is what it asked beside its usual days. Why: D-300.
with weeks as (
    select
        demands.campaign_id,
        demands.weeks_ago,
        any_value(demands.known_on) as known_on,
        sum(demands.cents) as cents,
        sum(rhythms.day_cents) as usual_cents,
        coalesce(sum(rhythms.day_cents) filter (where demands.is_school_holiday), 0) as school_cents
    from {{ ref('int_pot_demands') }} as demands
    inner join {{ ref('int_pot_rhythms') }} as rhythms
        on demands.campaign_id = rhythms.campaign_id and demands.kind_of_day = rhythms.kind_of_day
    group by demands.campaign_id, demands.weeks_ago
),

bare as (
    select
        campaign_id,
        weeks_ago,
        {{ exact('ln(greatest(cents, 1) / usual_cents)') }} as level,
        school_cents / usual_cents as school_share
    from weeks
),

-- A week of school holidays beside the ordinary ones within four weeks of it.
compared as (
    select
        holidays.campaign_id,
        holidays.weeks_ago,
        {{ exact('any_value(holidays.level) - sum(ordinary.level) / count(*)') }} as gap
    from bare as holidays
    inner join bare as ordinary
        on
            holidays.campaign_id = ordinary.campaign_id
            and abs(holidays.weeks_ago - ordinary.weeks_ago) <= 4
            and ordinary.school_share < 0.2
    where holidays.school_share > 0.7
    group by holidays.campaign_id, holidays.weeks_ago
),

-- A quarter less is usual; that counts as much as two weeks that were seen.
factors as (
    select
        weeks.campaign_id,
        exp((coalesce(sum(compared.gap), 0) + 2 * ln(0.75)) / (count(compared.gap) + 2)) as school_factor
    from weeks
    left join compared on weeks.campaign_id = compared.campaign_id and weeks.weeks_ago = compared.weeks_ago
    group by weeks.campaign_id
)

select
    weeks.campaign_id,
    weeks.weeks_ago,
    weeks.known_on,
    factors.school_factor,
    {{ exact('greatest(weeks.cents, 1) / (
        weeks.usual_cents - weeks.school_cents + weeks.school_cents * factors.school_factor
    )') }} as level
from weeks
inner join factors on weeks.campaign_id = factors.campaign_id
