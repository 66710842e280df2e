{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'reconciliations'}}}) }}
-- What is declared, computed and in the ledger differs by reasons that journeys have, to the cent.
select
    campaign_id,
    operator_id,
    month_on
from {{ ref('reconciliations') }}
where unexplained_cents != 0
