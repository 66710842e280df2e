select
    journey_number,
    cast(sum(computed_driver_cents + only_declared_cents) as bigint) as driver_incentive_cents,
    cast(sum(computed_passenger_cents) as bigint) as passenger_incentive_cents,
    cast(sum(undeclared_cents) as bigint) as undeclared_cents,
    count(authority_id) as authorities,
    cast(
        coalesce(
            sum(computed_driver_cents + computed_passenger_cents + only_declared_cents)
                filter (where authority_id is not null),
            0
        ) as bigint
    ) as authority_incentive_cents
from {{ ref('int_payer_incentives') }}
group by journey_number
