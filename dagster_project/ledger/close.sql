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
select if($kind = 'fee', period_start_on, call_start_on)
from ledger.unsettled_lines
where campaign_id = $campaign_id and kind in ($kind, 'fee')
union
select calls.call_start_on
from ledger.closing_calls as calls
inner join staging.stg_closings using (closing_number)
where campaign_id = $campaign_id and $kind = 'incentive' and not is_called and entries > 0;

-- name: lines
select
    lines.*,
    facts.facts_digest
from ledger.unsettled_lines as lines
left join ledger.int_journey_facts as facts using (operator_id, operator_journey_id)
where campaign_id = $campaign_id and kind = $kind and period_start_on = $period_start_on
order by journey_number, operator_id, operator_journey_id;

-- name: known
-- What `again` did not find in time is not paid twice all the same.
select distinct entries.journey_digest
from staging.stg_ledger_entries as entries
inner join staging.stg_closings as closings using (closing_number)
anti join (
    from staging.stg_ledger_entries
    where movement = 'reversal'
) as reversals
    on
        entries.closing_number = reversals.original_closing
        and entries.entry_number = reversals.original_entry
anti join staging.stg_settlements using (closing_number, entry_number)
where closings.campaign_id = $campaign_id and closings.kind = $kind and entries.movement = 'entry';

-- name: uses
select * from ledger.unsettled_cap_uses
where campaign_id = $campaign_id;
