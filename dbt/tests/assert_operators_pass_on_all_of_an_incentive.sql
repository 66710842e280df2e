{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'call_redistributions'}}}) }}
-- CONVENTION 7: the whole incentive goes to the driver, whose declared revenue holds it (annexe 3).
select
    campaign_id,
    operator_id,
    period_start_on
from {{ ref('call_redistributions') }}
where short_seats > 0
