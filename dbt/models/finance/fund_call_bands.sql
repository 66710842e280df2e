-- A journey counts in the last band that it reached: elsewhere the parts of a cumulative table, an adjustment and the
-- one rounding of a journey could not be told apart. Band 0: no band reached, an adjustment alone gave the amount.
-- Why: D-100, D-101.
with bands as (
    select
        terms.campaign_id,
        terms.closing_number,
        unnest(terms.bands, max_depth := 2)
    from {{ ref('int_campaign_terms') }} as terms
),

priced as (
    select
        campaign_id,
        operator_id,
        period_start_on,
        coalesce(band, 0) as band,
        count(*) as journeys,
        sum(seats) as seats,
        sum(billed_m * seats) as seat_metres,
        sum(tariff_cents) as tariff_cents
    from {{ ref('int_fund_call_journeys') }}
    where tariff_cents > 0 and not is_adjustment
    group by all
),

-- Every call shows every band of its tariff, also those without a journey.
shown as (
    select
        calls.campaign_id,
        calls.operator_id,
        calls.period_start_on,
        bands.table_number,
        bands.table_words,
        bands.band,
        bands.from_m,
        if(
            bands.is_cumulative,
            lead(bands.from_m) over (
                partition by calls.campaign_id, calls.operator_id, calls.period_start_on, bands.table_number
                order by bands.band
            ),
            bands.to_m
        ) as to_m,
        bands.flat_cents,
        bands.tenth_cents_per_km,
        bands.price_words
    from {{ ref('fund_calls') }} as calls
    inner join bands
        on calls.campaign_id = bands.campaign_id and coalesce(calls.closing_number, 0) = bands.closing_number
)

select
    coalesce(shown.campaign_id, priced.campaign_id) as campaign_id,
    coalesce(shown.operator_id, priced.operator_id) as operator_id,
    coalesce(shown.period_start_on, priced.period_start_on) as period_start_on,
    shown.table_number,
    shown.table_words,
    coalesce(shown.band, priced.band) as band,
    shown.from_m,
    shown.to_m,
    shown.flat_cents,
    shown.tenth_cents_per_km,
    shown.price_words,
    cast(coalesce(priced.journeys, 0) as bigint) as journeys,
    cast(coalesce(priced.seats, 0) as bigint) as seats,
    cast(coalesce(priced.seat_metres, 0) as bigint) as seat_metres,
    cast(coalesce(priced.tariff_cents, 0) as bigint) as tariff_cents
from shown
full join priced
    on
        shown.campaign_id = priced.campaign_id
        and shown.operator_id = priced.operator_id
        and shown.period_start_on = priced.period_start_on
        and shown.band = priced.band
