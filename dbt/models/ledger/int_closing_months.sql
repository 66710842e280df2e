{{ config(meta={'day': 'month_on'}) }}
-- Which months of the base may hold the journeys of a closing: those of its entries, with the one before and the one
-- after, for a month of the campaign's own time zone, whichever it was then, is another than Europe/Paris's by hours;
-- and those into which a journey has been corrected since. A month too many costs time, one too few would pay twice.
with settled as (
    select distinct
        closing_number,
        journey_month_on
    from {{ ref('stg_ledger_entries') }}
),

near as (
    select
        closing_number,
        journey_month_on,
        cast(unnest([
            journey_month_on - interval 1 month, journey_month_on, journey_month_on + interval 1 month
        ]) as date) as month_on
    from settled
),

crossings as (
    select distinct
        cast(date_trunc('month', start_on) as date) as month_on,
        touched_on
    from {{ ref('int_crossing_deliveries') }}
)

select * from near
union
select
    near.closing_number,
    near.journey_month_on,
    crossings.touched_on
from near
inner join crossings on near.month_on = crossings.month_on
