-- What tonight decides of advances, to be written down once (contracts/advances.py). Every number rests on closings, on
-- the rows before and on the forecasts in force; nothing that comes later moves it.
with shares as (
    select
        *,
        cast(share_cents - before_cents as bigint) as moved_cents
    from {{ ref('int_advance_shares') }}
),

firsts as (
    select
        campaign_id,
        operator_id,
        0 as statement_number,
        'first' as kind,
        first_period_on as period_start_on,
        cast(null as bigint) as closing_number,
        agreed_on,
        expected_cents as forecast_cents,
        0 as opening_cents,
        0 as consumed_cents,
        expected_cents,
        if(is_called, expected_cents, share_cents) as revision_cents,
        false as is_final
    from shares
    where is_new and (is_called or share_cents > 0)
),

calls as (
    select
        shares.campaign_id,
        shares.operator_id,
        shares.statement_number + calls.call_rank as statement_number,
        'call' as kind,
        calls.period_start_on,
        calls.closing_number,
        if(shares.has_left, null, calls.agreed_on) as agreed_on,
        calls.forecast_cents,
        shares.held_cents + if(shares.is_new, shares.expected_cents, 0) - calls.drawn_before_cents as opening_cents,
        calls.consumed_cents,
        if(calls.is_last, shares.expects_cents, calls.next_cents) as expected_cents,
        if(calls.is_last, shares.moved_cents, 0) as revision_cents,
        calls.is_last and shares.ends as is_final
    from shares
    inner join {{ ref('int_advance_calls') }} as calls
        on shares.campaign_id = calls.campaign_id and shares.operator_id = calls.operator_id
),

under_way as (
    select
        campaign_id,
        period_start_on
    from {{ ref('open_periods') }}
    where kind = 'incentive'
),

-- Between two calls an advance moves only where it must, or where the parties agreed on more.
others as (
    select
        shares.campaign_id,
        shares.operator_id,
        shares.statement_number + 1 as statement_number,
        case when shares.ends then 'return' when shares.amended_on is not null then 'amendment' else 'cut' end as kind,
        under_way.period_start_on,
        cast(null as bigint) as closing_number,
        if(shares.ends, null, shares.amended_on) as agreed_on,
        shares.expected_cents as forecast_cents,
        shares.held_cents as opening_cents,
        0 as consumed_cents,
        if(kind = 'cut', shares.expected_cents, shares.expects_cents) as expected_cents,
        shares.moved_cents as revision_cents,
        shares.ends as is_final
    from shares
    inner join under_way on shares.campaign_id = under_way.campaign_id
    where
        not shares.is_new
        and not shares.is_called
        and not shares.is_ended
        and (shares.moved_cents < 0 or shares.ends or shares.amended_on is not null)
),

steps as (
    select * from firsts
    union all
    select * from calls
    union all
    select * from others
)

select
    steps.campaign_id,
    steps.operator_id,
    cast(steps.statement_number as bigint) as statement_number,
    steps.kind,
    steps.period_start_on,
    {{ period_end('steps.period_start_on', 'campaigns.call_months') }} as period_end_on,
    steps.closing_number,
    shares.business_date as issued_on,
    steps.agreed_on,
    cast(steps.forecast_cents as bigint) as forecast_cents,
    cast(steps.opening_cents as bigint) as opening_cents,
    cast(steps.consumed_cents as bigint) as consumed_cents,
    cast(steps.expected_cents as bigint) as expected_cents,
    cast(steps.revision_cents as bigint) as revision_cents,
    cast(shares.pot_left_cents as bigint) as pot_left_cents,
    steps.is_final
from steps
inner join shares on steps.campaign_id = shares.campaign_id and steps.operator_id = shares.operator_id
inner join {{ source('catalogue', 'campaigns') }} as campaigns on steps.campaign_id = campaigns.campaign_id
