-- An account set aside in two months of a half-year is one account of it: months do not add up.
with excluded as (
    select
        operator_id,
        {{ period_start('start_on', 6) }} as half_start_on,
        unnest([driver_identity_key, passenger_identity_key]) as identity_key
    from {{ ref('journeys') }}
    where outcome = 'refused' and list_filter(refusal_codes, lambda code: starts_with(code, 'fraud_')) != []
)

select
    operator_id,
    half_start_on,
    count(distinct identity_key) as accounts
from excluded
group by operator_id, half_start_on
