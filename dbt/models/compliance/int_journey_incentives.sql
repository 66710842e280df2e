{{ config(materialized='by_month', meta={'day': 'start_on'}) }}
select
    journey_number,
    any_value(start_on) as start_on,
    cast(sum(computed_driver_cents + only_declared_cents) as bigint) as driver_incentive_cents,
    cast(sum(computed_passenger_cents) as bigint) as passenger_incentive_cents,
    cast(sum(undeclared_cents) as bigint) as undeclared_cents,
    count(authority_id) as authorities,
    cast(
        sum(if(authority_id is null, 0, computed_driver_cents + computed_passenger_cents + only_declared_cents))
        as bigint
    ) as authority_incentive_cents
from {{ ref('int_payer_incentives') }}
group by journey_number
