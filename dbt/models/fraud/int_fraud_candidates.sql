{{ config(materialized='view') }}
-- What a decision sets aside is nobody's neighbour. A month that is final keeps its labels (fraud_verdicts). What is
-- refused as too close is here to show where a trip was cut, and for nothing else.
with open_months as (
    select coalesce(cast(max(month_on) + interval 1 month as date), date '0001-01-01') as open_from_on
    from {{ ref('stg_fraud_counts') }}
),

set_aside as (
    select
        operator_id,
        operator_journey_id
    from {{ ref('stg_fraud_decisions') }}
    where rule_code is null
    group by operator_id, operator_journey_id
    having arg_max(effect, decided_on) = 'exclude'
)

select
    journeys.*,
    open_months.open_from_on
from {{ ref('int_accepted_journeys') }} as journeys
cross join open_months
anti join set_aside
    on journeys.operator_id = set_aside.operator_id and journeys.operator_journey_id = set_aside.operator_journey_id
where journeys.outcome = 'valid' or journeys.refusal_codes = ['too_close_trips']
