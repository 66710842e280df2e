-- Months find the same of the same clauses.
select distinct *
from {{ ref('int_month_verdicts') }}
