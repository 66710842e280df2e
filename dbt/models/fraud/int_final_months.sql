-- Months whose verdicts stay as they are.
select distinct month_on
from {{ ref('stg_fraud_counts') }}
