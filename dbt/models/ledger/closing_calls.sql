{{ config(meta={'day': 'call_start_on', 'closings': 'by_call'}) }}
-- The call that each closing stands in: a call in itself, fees in the first call that closed with them or after them
-- and reaches their last day; while none has, in the one to come. Why: D-091.
with closings as (
    select * from {{ ref('stg_closings') }}
),

called as (
    select
        fees.closing_number,
        min(calls.period_start_on) as call_start_on,
        min(calls.period_end_on) as call_end_on
    from closings as fees
    inner join closings as calls
        on
            fees.campaign_id = calls.campaign_id
            and calls.kind = 'incentive'
            and fees.period_end_on <= calls.period_end_on
            and (fees.closing_number = calls.closing_number or fees.business_date <= calls.business_date)
    where fees.kind = 'fee' or fees.closing_number = calls.closing_number
    group by fees.closing_number
)

select
    closings.closing_number,
    called.closing_number is not null as is_called,
    coalesce(called.call_start_on, {{ call_start('closings.period_end_on', 'opened') }}) as call_start_on,
    coalesce(called.call_end_on, {{ call_end('closings.period_end_on', 'opened') }}) as call_end_on
from closings
left join called on closings.closing_number = called.closing_number
left join {{ ref('open_periods') }} as opened
    on closings.campaign_id = opened.campaign_id and opened.kind = 'incentive'
