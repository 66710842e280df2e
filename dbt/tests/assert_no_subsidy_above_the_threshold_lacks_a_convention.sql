{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'annual_subsidies'}}}) }}
-- Decree 2001-495: above 23 000 € a year, a convention.
select
    authority_id,
    operator_id,
    subsidy_year
from {{ ref('annual_subsidies') }}
where is_blocked
