{{ config(meta={'dagster': {'ref': {'name': 'fund_calls'}}}) }}
-- Every document is a view of one amount (at the registry fund calls and statistics disagreed).
with claimed as (
    select
        campaign_id,
        sum(incentive_cents) as incentive_cents,
        sum(fee_ex_vat_cents + vat_cents) as fee_cents
    from {{ ref('fund_calls') }}
    group by campaign_id
),

granted as (
    select
        campaign_id,
        sum(incentive_cents) as incentive_cents,
        sum(fee_ex_vat_cents + vat_cents) as fee_cents
    from {{ ref('campaign_incentives') }}
    group by campaign_id
)

select campaign_id
from claimed
full outer join granted using (campaign_id)
where (claimed.incentive_cents, claimed.fee_cents) is distinct from (granted.incentive_cents, granted.fee_cents)
