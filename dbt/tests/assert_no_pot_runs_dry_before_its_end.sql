{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'budget_status'}}}) }}
-- CONVENTION 6.1: the parties meet before the pot is empty; operators must warn their users in time.
select campaign_id
from {{ ref('budget_status') }}
where is_exhausted_before_end and business_date <= ends_on
