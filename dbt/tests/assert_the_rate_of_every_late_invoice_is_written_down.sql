{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'demand_accounts'}}}) }}
-- Interest on a late invoice needs the central bank's rate of its half-year (article R. 2192-31): one more line of
-- `taux_bce` in data/rules/juridique.yml. Until then statements of account say that the rate lacks (D-244).
select
    operator_id,
    reference
from {{ ref('demand_accounts') }}
where interest_cents is null
