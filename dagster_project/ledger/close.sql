-- name: rhythms
select
    opened.campaign_id,
    opened.kind,
    opened.months,
    opened.period_start_on,
    opened.period_end_on,
    campaigns.closing_days,
    campaigns.closes_until_on
from ledger.open_periods as opened
inner join catalogue.campaigns as campaigns using (campaign_id)
order by campaign_id, kind;

-- name: awaited
-- What a period waits for: its lines; a call, also for fees that stand in it, invoiced already or tonight.
select
    campaign_id,
    kind,
    if(kind = 'fee', period_start_on, call_start_on) as start_on
from ledger.unsettled_lines
union
select
    campaign_id,
    'incentive' as kind,
    call_start_on as start_on
from ledger.unsettled_lines
where kind = 'fee'
union
select
    campaign_id,
    'incentive' as kind,
    calls.call_start_on as start_on
from ledger.closing_calls as calls
inner join staging.stg_closings using (closing_number)
where not is_called and entries > 0;

-- name: gather_lines
create or replace temp table gathered_lines as
with lines as (
    from ledger.unsettled_lines
    semi join due using (campaign_id, kind, period_start_on)
)

select
    lines.*,
    facts.facts_digest
from lines
left join ledger.int_journey_facts as facts using (operator_id, operator_journey_id);

-- name: gather_known
-- What `again` did not find in time is not paid twice all the same.
create or replace temp table gathered_known as
select distinct
    closings.campaign_id,
    closings.kind,
    entries.journey_digest
from staging.stg_ledger_entries as entries
inner join staging.stg_closings as closings using (closing_number)
semi join due on closings.campaign_id = due.campaign_id and closings.kind = due.kind
anti join (
    from staging.stg_ledger_entries
    where movement = 'reversal'
) as reversals
    on
        entries.closing_number = reversals.original_closing
        and entries.entry_number = reversals.original_entry
anti join staging.stg_settlements using (closing_number, entry_number)
where entries.movement = 'entry';

-- name: lines
select * from gathered_lines
where campaign_id = $campaign_id and kind = $kind and period_start_on = $period_start_on
order by journey_number, operator_id, operator_journey_id;

-- name: known
select journey_digest
from gathered_known
where campaign_id = $campaign_id and kind = $kind;

-- name: number
select campaign_number from catalogue.campaigns
where campaign_id = $campaign_id;

-- name: uses
select * from ledger.unsettled_cap_uses
where campaign_number = $campaign_number;
