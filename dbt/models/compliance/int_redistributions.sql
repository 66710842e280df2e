{{ config(materialized='by_month') }}
select
    campaign_id,
    operator_id,
    cast(date_trunc('month', start_on) as date) as month_on,
    incentive_closing,
    cast(coalesce(sum(seats) filter (where driver_cents > 0), 0) as bigint) as compared_seats,
    cast(coalesce(sum(seats) filter (where missing_cents > 0), 0) as bigint) as short_seats,
    cast(sum(driver_cents) as bigint) as driver_cents,
    cast(sum(incentive_cents - driver_cents) as bigint) as passenger_cents,
    cast(coalesce(sum(driver_revenue_cents) filter (where driver_cents > 0), 0) as bigint) as revenue_cents,
    cast(coalesce(sum(driver_cents) filter (where missing_cents > 0), 0) as bigint) as short_driver_cents,
    cast(coalesce(sum(driver_revenue_cents) filter (where missing_cents > 0), 0) as bigint) as short_revenue_cents,
    cast(sum(missing_cents) as bigint) as missing_cents
from {{ ref('driver_incentives') }}
group by all
