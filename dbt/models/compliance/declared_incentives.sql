with payers as (
    select
        *,
        computed_driver_cents + computed_passenger_cents as computed_cents
    from {{ ref('int_payer_incentives') }}
    where authority_id is not null
)

select
    journeys.operator_id,
    payers.authority_id,
    journeys.month_on,
    count(*) filter (where payers.declared_cents > 0) as declared_journeys,
    count(*) filter (where payers.computed_cents > 0) as computed_journeys,
    count(*) filter (where payers.declared_cents != payers.computed_cents) as differing_journeys,
    cast(sum(payers.declared_cents) as bigint) as declared_cents,
    cast(sum(payers.computed_cents) as bigint) as computed_cents,
    cast(sum(payers.declared_cents - payers.computed_cents) as bigint) as difference_cents
from payers
inner join {{ ref('int_shared_journeys') }} as journeys on payers.journey_number = journeys.journey_number
group by journeys.operator_id, payers.authority_id, journeys.month_on
