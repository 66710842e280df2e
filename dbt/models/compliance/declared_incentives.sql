with payers as (
    select
        *,
        computed_driver_cents + computed_passenger_cents as computed_cents,
        cast(date_trunc('month', start_on) as date) as month_on
    from {{ ref('int_payer_incentives') }}
    where authority_id is not null
)

select
    operator_id,
    authority_id,
    month_on,
    count(*) filter (where declared_cents > 0) as declared_journeys,
    count(*) filter (where computed_cents > 0) as computed_journeys,
    count(*) filter (where declared_cents != computed_cents) as differing_journeys,
    cast(sum(declared_cents) as bigint) as declared_cents,
    cast(sum(computed_cents) as bigint) as computed_cents,
    cast(sum(declared_cents - computed_cents) as bigint) as difference_cents
from payers
group by operator_id, authority_id, month_on
