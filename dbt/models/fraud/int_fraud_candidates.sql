{{ config(materialized='view') }}
-- What a decision sets aside is nobody's neighbour. In a month that is final, what was judged stays as it is
-- (fraud_verdicts); what came or became valid later is judged against it. What is refused as too close is here to show
-- where a trip was cut, and for nothing else.
with final_months as (
    select distinct month_on
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
    final_months.month_on is not null and (late.operator_id is null or journeys.outcome != 'valid') as is_settled
from {{ ref('int_accepted_journeys') }} as journeys
left join final_months on date_trunc('month', journeys.start_on) = final_months.month_on
left join {{ ref('int_late_journeys') }} as late
    on journeys.operator_id = late.operator_id and journeys.operator_journey_id = late.operator_journey_id
anti join set_aside
    on journeys.operator_id = set_aside.operator_id and journeys.operator_journey_id = set_aside.operator_journey_id
where journeys.outcome = 'valid' or journeys.refusal_codes = ['too_close_trips']
