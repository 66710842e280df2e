{{ config(meta={'dagster': {'ref': {'name': 'campaign_incentives'}}}) }}
-- Calls and fee invoices of all operators together stay within the pot (CONVENTION 8.3; at the registry
-- two runs at once once wrote the same counter and caps were passed).
select incentives.campaign_id
from {{ ref('campaign_incentives') }} as incentives
inner join {{ source('catalogue', 'campaigns') }} as campaigns on incentives.campaign_id = campaigns.campaign_id
group by incentives.campaign_id, campaigns.budget_cents, campaigns.is_fee_in_budget
having
    sum(
        incentives.incentive_cents
        + if(campaigns.is_fee_in_budget, incentives.fee_ex_vat_cents + incentives.vat_cents, 0)
    ) > campaigns.budget_cents
