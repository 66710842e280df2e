{{ config(meta={'dagster': {'ref': {'name': 'fund_calls'}}}) }}
-- Every document is a view of one amount (at the registry fund calls and statistics disagreed). Journeys that retention
-- has taken are in the ledger alone; their lines have no journey.
with claimed as (
    select
        campaign_id,
        sum(incentive_cents) as incentive_cents,
        sum(fee_ex_vat_cents + vat_cents) as fee_cents
    from {{ ref('fund_calls') }}
    group by campaign_id
),

erased as (
    select
        campaign_id,
        sum(incentive_cents) as incentive_cents,
        sum(fee_ex_vat_cents + vat_cents) as fee_cents
    from {{ ref('ledger_lines') }}
    where operator_journey_id is null
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
left join erased using (campaign_id)
where
    (claimed.incentive_cents - coalesce(erased.incentive_cents, 0), claimed.fee_cents - coalesce(erased.fee_cents, 0))
    is distinct from (coalesce(granted.incentive_cents, 0), coalesce(granted.fee_cents, 0))
