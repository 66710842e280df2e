-- What an operator had sent for each call by its day, in seats: as written down when it went out, else as the base
-- stands. Null: it stands on a line of the call, also where it is refused since.
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
    anti join {{ ref('stg_call_receipts') }} as written
        on calls.closing_number = written.closing_number and calls.operator_id = written.operator_id
),

days as (
    select
        zones.time_zone,
        journeys.operator_id,
        cast(timezone(zones.time_zone, journeys.start_at) as date) as start_on,
        journeys.received_on,
        journeys.cancelled_on,
        journeys.refusal_code,
        sum(journeys.seats) as seats
    from {{ ref('int_received_journeys') }} as journeys
    cross join (select distinct time_zone from {{ source('catalogue', 'campaigns') }}) as zones
    group by all
),

sent as (
    select
        calls.campaign_id,
        calls.operator_id,
        calls.period_start_on,
        case
            when days.cancelled_on <= calls.as_of_on then 'cancelled'
            else coalesce('refused:' || days.refusal_code, 'elsewhere')
        end as loss,
        coalesce(sum(days.seats), 0) as seats
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

met as (
    select
        calls.campaign_id,
        calls.operator_id,
        calls.period_start_on,
        coalesce('refused:' || journeys.refusal_code, 'elsewhere') as loss,
        sum(journeys.seats) as seats
    from calls
    inner join {{ ref('ledger_lines') }} as lines
        on
            calls.campaign_id = lines.campaign_id
            and calls.operator_id = lines.operator_id
            and calls.period_start_on = lines.call_start_on
            and lines.kind = 'incentive'
            and not lines.is_adjustment
    inner join {{ ref('int_received_journeys') }} as journeys
        on
            lines.operator_id = journeys.operator_id
            and lines.operator_journey_id = journeys.operator_journey_id
            and calls.as_of_on >= journeys.received_on
    where coalesce(journeys.cancelled_on > calls.as_of_on, true)
    group by all
),

rest as (
    select
        sent.campaign_id,
        sent.operator_id,
        sent.period_start_on,
        sent.loss,
        greatest(sent.seats - coalesce(met.seats, 0), 0) as seats
    from sent
    left join met using (campaign_id, operator_id, period_start_on, loss)
),

on_lines as (
    select
        calls.campaign_id,
        calls.operator_id,
        calls.period_start_on,
        coalesce(sum(met.seats), 0) as seats
    from calls
    left join met using (campaign_id, operator_id, period_start_on)
    group by all
),

written as (
    select
        calls.campaign_id,
        calls.operator_id,
        calls.period_start_on,
        written.loss,
        written.seats
    from {{ ref('stg_call_receipts') }} as written
    inner join {{ ref('fund_calls') }} as calls
        on written.closing_number = calls.closing_number and written.operator_id = calls.operator_id
),

fates as (
    from rest
    union all by name
    from on_lines
    union all by name
    from written
)

select
    campaign_id,
    operator_id,
    period_start_on,
    loss,
    cast(seats as bigint) as seats
from fates
