-- What an operator had sent for each call when it closed, on the active base: cancelled by then, refused, valid.
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
)

select
    calls.campaign_id,
    calls.operator_id,
    calls.period_start_on,
    calls.as_of_on,
    case
        when days.cancelled_on <= calls.as_of_on then 'cancelled'
        else 'refused:' || days.refusal_code
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
