{{ config(materialized='kept_whole', tags=['personal_data']) }}
-- When each journey came and was cancelled, and why it is refused, by the first of its reasons; of days that an open
-- call has, with a day more for time zones. The night a call closes, of all: a line may stand whose journey has moved.
select
    versions.operator_id,
    versions.operator_journey_id,
    min(versions.business_date) as received_on,
    max(versions.business_date) filter (where versions.is_current and versions.status = 'cancelled') as cancelled_on,
    max(journeys.start_at) as start_at,
    max(greatest(coalesce(journeys.seats, 1), 1)) as seats,
    max(if(journeys.outcome = 'refused', journeys.refusal_codes[1], null)) as refusal_code
from {{ ref('int_journey_versions') }} as versions
inner join {{ ref('journeys') }} as journeys
    on
        versions.operator_id = journeys.operator_id
        and versions.operator_journey_id = journeys.operator_journey_id
where
    journeys.start_at >= (
        select min(if(calls.is_closed, date '0001-01-02', calls.period_start_on)) - interval 1 day
        from {{ ref('fund_calls') }} as calls
        anti join {{ ref('stg_call_receipts') }} as written
            on calls.closing_number = written.closing_number and calls.operator_id = written.operator_id
    )
group by versions.operator_id, versions.operator_journey_id
