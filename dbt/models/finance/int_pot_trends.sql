-- Tonight (weeks_ago 0), and each week before as the weeks until then let it see: what that would have missed by is
-- what tonight's line may miss by. Why: D-300, D-301.
with pairs as (
    select
        origins.campaign_id,
        origins.weeks_ago,
        past.weeks_ago - origins.weeks_ago as back,
        past.level,
        {{ exact('ln(greatest(past.level, 0.000001))') }} as log_level,
        {{ exact('pow(0.9, back)') }} as weight
    from {{ ref('int_pot_levels') }} as origins
    inner join {{ ref('int_pot_levels') }} as past
        on origins.campaign_id = past.campaign_id and origins.weeks_ago <= past.weeks_ago
),

sums as (
    select
        campaign_id,
        weeks_ago,
        count(*) as weeks,
        sum(weight) as w,
        sum(weight * back) as wb,
        sum(weight * back * back) as wbb,
        sum({{ exact('weight * log_level') }}) as wl,
        sum({{ exact('weight * log_level') }} * back) as wbl
    from pairs
    group by campaign_id, weeks_ago
),

-- Seven tenths of the slope of the line through logarithms: what grew does not always go on growing as much.
slopes as (
    select
        campaign_id,
        weeks_ago,
        weeks,
        {{ exact('0.7 * (wb * wl - w * wbl) / (w * wbb - wb * wb + 1)') }} as slope
    from sums
),

lines as (
    select
        pairs.campaign_id,
        pairs.weeks_ago,
        any_value(slopes.weeks) as weeks,
        any_value(slopes.slope) as slope,
        {{ exact('sum(' ~ exact('pow(0.8, back) * pairs.level * exp(slopes.slope * back)') ~ ')
            / sum(' ~ exact('pow(0.8, back)') ~ ')') }} as level
    from pairs
    inner join slopes on pairs.campaign_id = slopes.campaign_id and pairs.weeks_ago = slopes.weeks_ago
    group by pairs.campaign_id, pairs.weeks_ago
),

-- Of the four weeks that came next, in all.
misses as (
    select
        lines.campaign_id,
        lines.weeks_ago,
        {{ exact('ln(sum(next.level) / sum(' ~ exact(
            'lines.level * exp(lines.slope * ' ~ damped('lines.weeks_ago - next.weeks_ago') ~ ')'
        ) ~ '))') }} as miss
    from lines
    inner join {{ ref('int_pot_levels') }} as next
        on
            lines.campaign_id = next.campaign_id
            and next.weeks_ago between lines.weeks_ago - 4 and lines.weeks_ago - 1
    where lines.weeks_ago >= 4 and lines.weeks >= 6
    group by lines.campaign_id, lines.weeks_ago
),

-- A sixth is usual (0.03 its square), and counts as much as four weeks that were seen.
spreads as (
    select
        lines.campaign_id,
        sqrt((coalesce(sum(misses.miss * misses.miss), 0) + 4 * 0.03) / (count(misses.miss) + 4)) as spread
    from lines
    left join misses on lines.campaign_id = misses.campaign_id and lines.weeks_ago = misses.weeks_ago
    group by lines.campaign_id
)

select
    lines.campaign_id,
    levels.known_on,
    lines.weeks,
    levels.school_factor,
    lines.level,
    lines.slope,
    spreads.spread
from lines
inner join {{ ref('int_pot_levels') }} as levels
    on lines.campaign_id = levels.campaign_id and lines.weeks_ago = levels.weeks_ago
inner join spreads on lines.campaign_id = spreads.campaign_id
where lines.weeks_ago = 0
