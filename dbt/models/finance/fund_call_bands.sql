with calls as (
    select * from {{ ref('fund_calls') }}
),

bands as (
    select * from {{ source('catalogue', 'campaign_bands') }}
),

priced as (
    select
        campaign_id,
        operator_id,
        period_start_on,
        band,
        sum(seats) as seats,
        sum(billed_m * seats) as seat_metres,
        sum(tariff_cents) as tariff_cents
    from {{ ref('int_fund_call_journeys') }}
    where band is not null and not is_adjustment
    group by all
)

-- Every call shows every band of its tariff, also those without a journey.
select
    calls.campaign_id,
    calls.operator_id,
    calls.period_start_on,
    bands.band,
    bands.from_m,
    bands.to_m,
    bands.flat_cents,
    bands.tenth_cents_per_km,
    cast(coalesce(priced.seats, 0) as bigint) as seats,
    cast(coalesce(priced.seat_metres, 0) as bigint) as seat_metres,
    cast(coalesce(priced.tariff_cents, 0) as bigint) as tariff_cents
from calls
inner join bands on calls.campaign_id = bands.campaign_id
left join priced
    on
        calls.campaign_id = priced.campaign_id
        and calls.operator_id = priced.operator_id
        and calls.period_start_on = priced.period_start_on
        and bands.band = priced.band
