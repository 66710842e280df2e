{{ config(meta={'dagster': {'ref': {'name': 'payment_verdicts'}}}) }}
-- What banks show is matched or unmatched; what is matched covers a demand or is too much; no cent is in neither.
select 'received' as what
from {{ ref('payment_verdicts') }}
having sum(matched_cents + unmatched_cents) != sum(amount_cents)
union all
select 'matched'
from {{ ref('demand_accounts') }}
having
    coalesce(sum(paid_cents), 0) != (
        select coalesce(sum(verdicts.matched_cents), 0) from {{ ref('payment_verdicts') }} as verdicts
    )
union all
select 'owed'
from {{ ref('demand_accounts') }}
where owed_cents != covered_cents + rest_cents or paid_cents != covered_cents + surplus_cents
