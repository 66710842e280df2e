-- name: counts
select
    drops.*,
    journeys.*
from (
    select
        count(*) as drops,
        cast(sum("rows") as bigint) as "rows", -- noqa: RF06
        cast(sum(accepted_rows) as bigint) as accepted,
        cast(sum(rejected_rows) as bigint) as rejected
    from staging.stg_drops
) as drops
cross join (
    select
        count(*) as journeys,
        count(*) filter (where outcome = 'valid') as valid
    from active.journeys
) as journeys;

-- name: reasons
select
    rule_code,
    findings.column as field,
    min(drops.layout) as layout,
    count(*) as findings
from staging.stg_findings as findings
inner join staging.stg_drops as drops on findings.drop_id = drops.drop_id
where severity = 'error'
group by rule_code, field
order by findings desc, rule_code asc, field asc
limit 3;

-- name: pots
-- The first journey, in the order in which they draw, that the pot could not pay whole.
select
    campaigns.campaign_name,
    status.budget_cents,
    status.left_cents,
    min(timezone('Europe/Paris', incentives.start_at)) filter (where incentives.is_cut_by_budget) as empty_at
from finance.budget_status as status
inner join catalogue.campaigns as campaigns on status.campaign_id = campaigns.campaign_id
left join campaigns.campaign_incentives as incentives on status.campaign_id = incentives.campaign_id
where status.budget_cents is not null
group by all
order by campaigns.campaign_name;

-- name: amounts
select
    operators.operator_name,
    cast(sum(calls.incentive_cents) as bigint) as incentive_cents,
    cast(sum(calls.fee_ex_vat_cents + calls.vat_cents) as bigint) as fee_cents
from finance.fund_calls as calls
inner join catalogue.operators as operators on calls.operator_id = operators.operator_id
group by operators.operator_name
order by operators.operator_name;

-- name: first
-- The one page to open first: of the authority that pays most.
select campaigns.authority_id
from catalogue.campaigns as campaigns
left join finance.fund_calls as calls on campaigns.campaign_id = calls.campaign_id
group by campaigns.authority_id
order by coalesce(sum(calls.incentive_cents), 0) desc, campaigns.authority_id asc
limit 1;
