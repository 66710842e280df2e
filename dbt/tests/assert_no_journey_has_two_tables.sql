{{ config(
    severity='warn', fail_calc='coalesce(sum(ambiguous_journeys), 0)',
    meta={'dagster': {'ref': {'name': 'campaign_incentives'}}}
) }}
-- Two tables of one tariff that overlap where only a position tells: the file cannot say which one pays, so the
-- journey gets nothing and the night says how many wait for the file to be mended (D-070).
select
    campaign_id,
    count(*) as ambiguous_journeys
from {{ ref('campaign_incentives') }}
where is_eligible and is_ambiguous
group by campaign_id
