-- A month is judged with the six days before it and the two after it, whatever else there is: so its verdicts are a
-- function of these days, and stay as they are for as long as nothing changes on one of them. Labels see those days as
-- their own month's refusals leave them: so the month after one that is judged is judged, too. Why: D-048.
with changed as (
    select start_on
    from {{ ref('int_day_fingerprints') }} as days
    {% if var('yesterday') %}
        full join yesterday.active.int_day_fingerprints as before using (start_on)
        where days.fingerprint is distinct from before.fingerprint
    {% endif %}
),

months as (
    select distinct
        cast(
            date_trunc('month', unnest([start_on - 2, start_on, start_on + 6, start_on + 6 + interval 1 month])) as date
        ) as month_on
    from changed
)

select
    month_on,
    cast(
        unnest(generate_series(month_on - interval 6 day, month_on + interval 1 month + interval 1 day, interval 1 day))
        as date
    ) as start_on,
    date_trunc('month', start_on) = month_on as is_own
from months
