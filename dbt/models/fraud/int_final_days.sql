{{ config(meta={'day': 'day_on'}) }}
-- The days of months whose verdicts stay as they are: day by day, so that a month that becomes final touches itself and
-- those beside it, not all.
select
    month_on,
    cast(unnest(range(month_on, month_on + interval 1 month, interval 1 day)) as date) as day_on
from (select distinct month_on from {{ ref('stg_fraud_counts') }})
