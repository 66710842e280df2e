-- From the passenger journeys, in seats, that an operator sent to those it is paid for. Received and valid are counted
-- on the active base as it stood when the call closed, the rest on the ledger's lines: two sources that must meet.
with lines as (
    select
        lines.campaign_id,
        lines.operator_id,
        lines.call_start_on as period_start_on,
        lines.journey_key,
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

-- The journeys of the base that stand on a line: valid when the call closed, even where they are refused since.
met as (
    select
        lines.campaign_id,
        lines.operator_id,
        lines.period_start_on,
        'refused:' || journeys.refusal_code as loss,
        sum(journeys.seats) as seats
    from lines
    inner join (
        select distinct
            campaign_id,
            operator_id,
            period_start_on,
            as_of_on
        from {{ ref('int_call_receipts') }}
    ) as calls using (campaign_id, operator_id, period_start_on)
    inner join {{ ref('int_received_journeys') }} as journeys
        on
            lines.operator_id = journeys.operator_id
            and lines.journey_key = journeys.operator_journey_id
            and calls.as_of_on >= journeys.received_on
    where coalesce(journeys.cancelled_on > calls.as_of_on, true)
    group by all
),

-- By what becomes of them: null for the valid ones.
fates as (
    select
        receipts.campaign_id,
        receipts.operator_id,
        receipts.period_start_on,
        receipts.loss,
        receipts.seats - coalesce(met.seats, 0) as seats
    from {{ ref('int_call_receipts') }} as receipts
    left join met using (campaign_id, operator_id, period_start_on, loss)
),

sent as (
    select
        receipts.campaign_id,
        receipts.operator_id,
        receipts.period_start_on,
        sum(receipts.seats) as received,
        sum(receipts.seats) - coalesce(any_value(lost.seats), 0) as valid,
        coalesce(any_value(all_met.seats), 0) as met
    from {{ ref('int_call_receipts') }} as receipts
    left join (
        select
            campaign_id,
            operator_id,
            period_start_on,
            sum(seats) as seats
        from fates
        where loss is not null
        group by all
    ) as lost using (campaign_id, operator_id, period_start_on)
    left join (
        select
            campaign_id,
            operator_id,
            period_start_on,
            sum(seats) as seats
        from met
        group by all
    ) as all_met using (campaign_id, operator_id, period_start_on)
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
told as (
    select
        sent.campaign_id,
        sent.operator_id,
        sent.period_start_on,
        unnest([
            { step: 'received', loss: null, seats: sent.received },
            { step: 'valid', loss: null, seats: sent.valid },
            { step: 'concerned', loss: 'elsewhere', seats: sent.valid - sent.met },
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
        'valid',
        loss,
        seats
    from fates
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
from told
where loss is null or seats > 0
