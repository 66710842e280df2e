{{ config(materialized='by_month') }}
-- Months are Europe/Paris's and a day is the campaign's own, so a day may lie in two of them: whoever reads it sums.
select
    campaign_id,
    operator_id,
    start_on,
    count(*) as journeys,
    cast(sum(capped_cents) as bigint) as capped_cents,
    cast(sum(incentive_cents) as bigint) as incentive_cents,
    cast(sum(fee_ex_vat_cents + vat_cents) as bigint) as fee_cents,
    bool_or(is_cut_by_budget) as is_cut_by_budget
from {{ ref('campaign_incentives') }}
group by campaign_id, operator_id, start_on
