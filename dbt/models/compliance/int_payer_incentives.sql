{{ config(materialized='by_month', meta={'day': 'start_on'}) }}
with journeys as (
    select
        evaluated.journey_number,
        evaluated.operator_id,
        evaluated.start_on,
        journeys.incentives
    from {{ ref('int_evaluated_journeys') }} as evaluated
    inner join {{ ref('journeys') }} as journeys
        on
            evaluated.operator_id = journeys.operator_id
            and evaluated.operator_journey_id = journeys.operator_journey_id
),

-- Few texts are distinct: each is read once. Several amounts of one payer add up.
texts as (
    select distinct incentives
    from journeys
    where incentives != '[]'
),

entries as (
    select
        incentives,
        unnest(from_json(incentives, '[{"siret": "VARCHAR", "amount": "BIGINT"}]'), recursive := true)
    from texts
),

declared as (
    select
        incentives,
        left(siret, 9) as payer_siren,
        sum(amount) as declared_cents
    from entries
    group by all
),

amounts as (
    select
        journeys.journey_number,
        declared.payer_siren,
        declared.declared_cents,
        0 as driver_cents,
        0 as passenger_cents
    from journeys
    inner join declared on journeys.incentives = declared.incentives
    union all
    select
        incentives.journey_number,
        authorities.siren,
        0,
        incentives.incentive_cents - {{ passenger_cents('incentives.incentive_cents', 'payees.passenger_percent') }},
        {{ passenger_cents('incentives.incentive_cents', 'payees.passenger_percent') }}
    from {{ ref('campaign_incentives') }} as incentives
    inner join {{ source('catalogue', 'campaigns') }} as campaigns on incentives.campaign_id = campaigns.campaign_id
    inner join {{ source('catalogue', 'authorities') }} as authorities
        on campaigns.authority_id = authorities.authority_id
    inner join {{ ref('campaign_payees') }} as payees
        on campaigns.campaign_number = payees.campaign_number and incentives.journey_number = payees.journey_number
    where incentives.incentive_cents > 0
),

summed as (
    select
        journey_number,
        payer_siren,
        cast(sum(declared_cents) as bigint) as declared_cents,
        cast(sum(driver_cents) as bigint) as computed_driver_cents,
        cast(sum(passenger_cents) as bigint) as computed_passenger_cents
    from amounts
    group by journey_number, payer_siren
)

select
    summed.*,
    journeys.operator_id,
    journeys.start_on,
    authorities.authority_id,
    -- The same money, told twice, counts once: what is declared above what is computed went to the driver, too.
    greatest(declared_cents - computed_driver_cents - computed_passenger_cents, 0) as only_declared_cents,
    greatest(computed_driver_cents + computed_passenger_cents - declared_cents, 0) as undeclared_cents
from summed
inner join journeys on summed.journey_number = journeys.journey_number
left join {{ source('catalogue', 'authorities') }} as authorities on summed.payer_siren = authorities.siren
where declared_cents + computed_driver_cents + computed_passenger_cents > 0
