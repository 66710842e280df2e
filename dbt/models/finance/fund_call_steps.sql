-- From the passenger journeys, in seats, that an operator sent to those it is paid for. Received and valid are what was
-- counted when the call went out (tonight, while it is open), the rest is on the ledger's lines: two sources that meet.
with lines as (
    select
        lines.campaign_id,
        lines.operator_id,
        lines.call_start_on as period_start_on,
        lines.is_eligible,
        lines.seats,
        case
            when not lines.is_eligible then split_part(lines.failed_tests, '|', 1)
            when lines.tariff_cents = 0 then 'no_amount'
            when lines.capped_cents = 0 then 'cap'
            when lines.incentive_cents = 0 then 'budget'
        end as loss
    from {{ ref('ledger_lines') }} as lines
    where lines.kind = 'incentive' and not lines.is_adjustment
),

sent as (
    select
        campaign_id,
        operator_id,
        period_start_on,
        sum(seats) as received,
        coalesce(sum(seats) filter (where loss is null or loss = 'elsewhere'), 0) as valid
    from {{ ref('int_call_receipts') }}
    group by all
),

counted as (
    select
        campaign_id,
        operator_id,
        period_start_on,
        sum(seats) as concerned,
        sum(seats) filter (where is_eligible) as eligible,
        sum(seats) filter (where loss is null) as paid
    from lines
    group by all
),

-- Step, its place, and its count; a loss stands before the step that it keeps journeys from.
steps as (
    select
        sent.campaign_id,
        sent.operator_id,
        sent.period_start_on,
        unnest([
            { step: 'received', loss: null, seats: sent.received },
            { step: 'valid', loss: null, seats: sent.valid },
            { step: 'concerned', loss: null, seats: coalesce(counted.concerned, 0) },
            { step: 'eligible', loss: null, seats: coalesce(counted.eligible, 0) },
            { step: 'paid', loss: null, seats: coalesce(counted.paid, 0) }
        ], recursive := true)
    from sent
    left join counted using (campaign_id, operator_id, period_start_on)
    union all
    select
        campaign_id,
        operator_id,
        period_start_on,
        if(loss = 'elsewhere', 'concerned', 'valid'),
        loss,
        seats
    from {{ ref('int_call_receipts') }}
    where loss is not null
    union all
    select
        campaign_id,
        operator_id,
        period_start_on,
        if(is_eligible, 'paid', 'eligible'),
        loss,
        sum(seats)
    from lines
    where loss is not null
    group by all
)

select
    campaign_id,
    operator_id,
    period_start_on,
    step,
    loss,
    cast(seats as bigint) as seats
from steps
where loss is null or seats > 0
