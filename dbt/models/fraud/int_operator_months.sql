{{ config(materialized='by_month') }}
-- Night: departure from 23:00 to 04:59 in Paris; the clock is asked only where UTC leaves a doubt.
select
    month_on,
    operator_id,
    count(*) as journeys,
    count(*) / count(distinct trip) as per_car,
    count(*) filter (
        where
        (start_s % 86400 < 4 * 3600 or start_s % 86400 >= 21 * 3600)
        and (hour(timezone('Europe/Paris', to_timestamp(start_s))) + 1) % 24 < 6
    ) / count(*) as night_share
from {{ ref('int_fraud_journeys') }}
where
    is_own
    and is_standing
    and month_on not in (select final.month_on from {{ ref('int_final_days') }} as final)
group by month_on, operator_id
