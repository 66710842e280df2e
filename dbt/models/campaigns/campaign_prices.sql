{{ config(materialized='by_month') }}
-- Examples of the tariff for people to read, as the engine made them: whole kilometres, one passenger, before caps and pot.
select distinct
    campaign_id,
    table_number,
    band,
    billed_m,
    tariff_cents
from {{ ref('campaign_incentives') }}
where is_eligible and not is_ambiguous and seats = 1 and billed_m % 1000 = 0 and tariff_cents > 0
