{{ config(materialized='by_month') }}
-- Whoever reads it sums: months are Europe/Paris's, a day is the campaign's own, and may lie in two of them.
select
    campaign_id,
    start_on,
    count(*) as journeys,
    cast(sum(incentive_cents) as bigint) as incentive_cents,
    cast(sum(fee_ex_vat_cents + vat_cents) as bigint) as fee_cents,
    min(start_at) filter (where is_cut_by_budget) as first_cut_at
from {{ ref('campaign_incentives') }}
group by campaign_id, start_on
