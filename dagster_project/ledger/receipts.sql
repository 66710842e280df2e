-- name: call_receipts
-- What became of the journeys sent for a call, of all its operators at once.
select
    calls.closing_number,
    operator_id,
    receipts.loss,
    receipts.seats
from finance.int_call_receipts as receipts
inner join finance.fund_calls as calls using (campaign_id, operator_id, period_start_on)
anti join staging.stg_call_receipts using (closing_number)
where calls.is_closed
order by all;

-- name: closing_terms
-- What a closing saw of the campaign's file.
select * exclude (campaign_id) from finance.int_campaign_terms
anti join staging.stg_closing_terms using (closing_number)
where closing_number > 0
order by closing_number;
