{{ config(meta={'dagster': {'ref': {'name': 'budget_status'}}}) }}
-- Calls and fee invoices of all operators together, closed and to come, stay within the pot (CONVENTION 8.3;
-- at the registry two runs at once once wrote the same counter and caps were passed).
select campaign_id
from {{ ref('budget_status') }}
where left_cents < 0
