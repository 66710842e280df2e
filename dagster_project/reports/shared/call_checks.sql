-- name: blocked
select
    calls.operator_id,
    calls.period_start_on,
    subsidies.subsidy_year,
    subsidies.threshold_cents
from finance.fund_calls as calls
inner join catalogue.campaigns as campaigns using (campaign_id)
inner join compliance.annual_subsidies as subsidies
    on
        campaigns.authority_id = subsidies.authority_id
        and calls.operator_id = subsidies.operator_id
        and year(calls.period_start_on) = subsidies.subsidy_year
where calls.campaign_id = $campaign_id and subsidies.is_blocked;
