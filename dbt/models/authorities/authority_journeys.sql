{{ config(materialized='view') }}
with journeys as (
    select * from {{ ref('journeys') }}
),

territories as (
    select * from {{ source('catalogue', 'territories') }}
),

payees as (
    select
        incentives.campaign_id,
        incentives.operator_id,
        incentives.operator_journey_id,
        payees.payee,
        payees.passenger_percent
    from {{ ref('campaign_incentives') }} as incentives
    inner join {{ source('catalogue', 'campaigns') }} as campaigns on incentives.campaign_id = campaigns.campaign_id
    inner join {{ ref('campaign_payees') }} as payees
        on
            campaigns.campaign_number = payees.campaign_number
            and incentives.journey_number = payees.journey_number
)

select
    calls.campaign_id,
    campaigns.authority_id,
    calls.period_start_on,
    calls.operator_id,
    operators.operator_name,
    calls.journey_key as journey_id,
    calls.journey_digest,
    journeys.operator_trip_id,
    -- Turned into the authority's own pseudonyms before anything is written (reports/fund_call).
    journeys.driver_identity_key,
    journeys.passenger_identity_key,
    journeys.operator_class,
    {{ quarter_hour('journeys.start_at') }} as start_slot_at,
    {{ quarter_hour('journeys.end_at') }} as end_slot_at,
    start_territory.commune_code as start_commune_code,
    start_territory.postcodes as start_postcodes,
    coalesce(start_locality.locality_name, start_territory.commune_name) as start_commune_name,
    {{ truncated('journeys.start_lat', 'start_territory') }} as start_lat,
    {{ truncated('journeys.start_lon', 'start_territory') }} as start_lon,
    end_territory.commune_code as end_commune_code,
    end_territory.postcodes as end_postcodes,
    coalesce(end_locality.locality_name, end_territory.commune_name) as end_commune_name,
    {{ truncated('journeys.end_lat', 'end_territory') }} as end_lat,
    {{ truncated('journeys.end_lon', 'end_territory') }} as end_lon,
    calls.seats,
    coalesce(journeys.passenger_contribution_cents, 0) as passenger_contribution_cents,
    coalesce(journeys.driver_revenue_cents, 0) as driver_revenue_cents,
    journeys.incentives as declared_incentives,
    -- Not the declared distance: annexe 3 does not ask for it, and to the metre it tells a journey from all others.
    calls.billed_m,
    calls.band,
    calls.movement,
    calls.reason as movement_reason,
    calls.is_adjustment,
    calls.is_fee_only,
    calls.failed_tests,
    calls.is_cut_by_budget,
    calls.tariff_cents,
    calls.capped_cents,
    if(
        payees.payee = 'partage',
        printf(
            'partage, dont %d,%02d € au passager',
            abs({{ passenger_cents('calls.incentive_cents', 'payees.passenger_percent') }}) // 100,
            abs({{ passenger_cents('calls.incentive_cents', 'payees.passenger_percent') }}) % 100
        ),
        payees.payee
    ) as payee,
    calls.incentive_cents,
    calls.fee_ex_vat_cents,
    calls.vat_cents
from {{ ref('int_fund_call_journeys') }} as calls
-- One line may have an amount and no journey: erased or limited at a person's request, after one of its closings.
left join journeys
    on calls.operator_id = journeys.operator_id and calls.journey_key = journeys.operator_journey_id
left join payees
    on
        calls.campaign_id = payees.campaign_id
        and calls.operator_id = payees.operator_id
        and calls.journey_key = payees.operator_journey_id
inner join {{ source('catalogue', 'campaigns') }} as campaigns on calls.campaign_id = campaigns.campaign_id
inner join {{ source('catalogue', 'operators') }} as operators on calls.operator_id = operators.operator_id
left join territories as start_territory
    on journeys.start_place_code = start_territory.place_code and journeys.territory_year = start_territory.year
left join territories as end_territory
    on journeys.end_place_code = end_territory.place_code and journeys.territory_year = end_territory.year
{{ join_locality("journeys", "start") }}
{{ join_locality("journeys", "end") }}
-- A call of which no journey is left was issued long ago.
qualify count(journeys.operator_id) over (partition by calls.campaign_id, calls.operator_id, calls.period_start_on) > 0
