{{ config(tags=['personal_data']) }}
-- When each journey came and was cancelled, and why it is refused, by the first of its reasons.
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
group by versions.operator_id, versions.operator_journey_id
