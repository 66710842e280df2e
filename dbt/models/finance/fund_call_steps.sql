-- From the journeys an operator sent to those it is paid for. Received and valid are counted on the active base as it
-- stood when the call closed, the rest on the ledger's lines: two sources that must meet.
with calls as (
    select
        calls.campaign_id,
        calls.operator_id,
        calls.period_start_on,
        calls.period_end_on,
        campaigns.time_zone,
        coalesce(calls.closed_on, cast('{{ var("business_date") }}' as date)) as as_of_on
    from {{ ref('fund_calls') }} as calls
    inner join {{ source('catalogue', 'campaigns') }} as campaigns on calls.campaign_id = campaigns.campaign_id
),

journeys as (
    select
        versions.operator_id,
        versions.operator_journey_id,
        min(versions.business_date) as received_on,
        max(versions.business_date) filter (
            where versions.is_current and versions.status = 'cancelled'
        ) as cancelled_on,
        max(journeys.start_at) as start_at,
        bool_or(journeys.outcome = 'refused') as is_refused
    from {{ ref('int_journey_versions') }} as versions
    inner join {{ ref('journeys') }} as journeys
        on
            versions.operator_id = journeys.operator_id
            and versions.operator_journey_id = journeys.operator_journey_id
    group by versions.operator_id, versions.operator_journey_id
),

days as (
    select
        zones.time_zone,
        journeys.operator_id,
        cast(timezone(zones.time_zone, journeys.start_at) as date) as start_on,
        journeys.received_on,
        journeys.cancelled_on,
        journeys.is_refused,
        count(*) as journeys
    from journeys
    cross join (select distinct time_zone from {{ source('catalogue', 'campaigns') }}) as zones
    group by all
),

sent as (
    select
        calls.campaign_id,
        calls.operator_id,
        calls.period_start_on,
        coalesce(sum(days.journeys), 0) as received,
        coalesce(sum(days.journeys) filter (where days.cancelled_on <= calls.as_of_on), 0) as cancelled,
        coalesce(sum(days.journeys) filter (
            where days.is_refused and coalesce(days.cancelled_on > calls.as_of_on, true)
        ), 0) as refused
    from calls
    left join days
        on
            calls.operator_id = days.operator_id
            and calls.time_zone = days.time_zone
            and calls.period_start_on <= days.start_on
            and calls.period_end_on >= days.start_on
            and calls.as_of_on >= days.received_on
    group by all
),

lines as (
    select
        lines.campaign_id,
        lines.operator_id,
        lines.call_start_on as period_start_on,
        lines.journey_key,
        lines.is_eligible,
        case
            when not lines.is_eligible then split_part(lines.failed_tests, '|', 1)
            when lines.tariff_cents = 0 then 'no_amount'
            when lines.capped_cents = 0 then 'cap'
            when lines.incentive_cents = 0 then 'budget'
        end as loss
    from {{ ref('ledger_lines') }} as lines
    where lines.kind = 'incentive' and not lines.is_adjustment
),

-- The valid journeys of the base that stand on a line.
met as (
    select
        calls.campaign_id,
        calls.operator_id,
        calls.period_start_on,
        count(distinct journeys.operator_journey_id) as journeys
    from calls
    inner join lines using (campaign_id, operator_id, period_start_on)
    inner join journeys
        on
            lines.operator_id = journeys.operator_id
            and lines.journey_key = journeys.operator_journey_id
            and calls.as_of_on >= journeys.received_on
            and not journeys.is_refused
    where coalesce(journeys.cancelled_on > calls.as_of_on, true)
    group by all
),

counted as (
    select
        campaign_id,
        operator_id,
        period_start_on,
        count(*) as concerned,
        count(*) filter (where is_eligible) as eligible,
        count(*) filter (where loss is null) as paid
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
            { step: 'received', loss: null, journeys: sent.received },
            { step: 'valid', loss: 'cancelled', journeys: sent.cancelled },
            { step: 'valid', loss: 'refused', journeys: sent.refused },
            { step: 'valid', loss: null, journeys: sent.received - sent.cancelled - sent.refused },
            {
                step: 'concerned',
                loss: 'elsewhere',
                journeys: sent.received - sent.cancelled - sent.refused - coalesce(met.journeys, 0)
            },
            { step: 'concerned', loss: null, journeys: coalesce(counted.concerned, 0) },
            { step: 'eligible', loss: null, journeys: coalesce(counted.eligible, 0) },
            { step: 'paid', loss: null, journeys: coalesce(counted.paid, 0) }
        ], recursive := true)
    from sent
    left join met using (campaign_id, operator_id, period_start_on)
    left join counted using (campaign_id, operator_id, period_start_on)
    union all
    select
        campaign_id,
        operator_id,
        period_start_on,
        if(is_eligible, 'paid', 'eligible'),
        loss,
        count(*)
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
    cast(journeys as bigint) as journeys
from told
where loss is null or journeys > 0
