-- name: reports
select
    reports.*,
    authorities.authority_name,
    operators.operator_name
from compliance.half_yearly_reports as reports
inner join catalogue.campaigns using (campaign_id)
inner join catalogue.authorities as authorities using (authority_id)
inner join catalogue.operators as operators using (operator_id)
where campaign_id = $campaign_id
order by half_start_on, operator_id;

-- name: accounts
select
    operator_id,
    half_start_on,
    accounts
from compliance.fraud_half_years;

-- name: excluding
select distinct rule_code from catalogue.fraud_rules
where
    is_excluding and from_on < $half_start_on + interval 6 month
    and coalesce(to_on > $half_start_on, true);

-- name: frauds
select
    operator_id,
    month_on,
    accounts,
    journeys,
    new_fraud_codes
from compliance.fraud_exclusions;

-- name: notes
select
    noted_on,
    operator_id,
    operator_name,
    note
from catalogue.half_yearly_notes
left join catalogue.operators using (operator_id)
where campaign_id = $campaign_id
order by noted_on, operator_id nulls first;
