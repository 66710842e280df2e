-- What closed calls draw from each account that no statement has told yet. The quarter's own journeys say what the next
-- one costs: what an earlier quarter gives back or adds is drawn, but foretells nothing (article 8.1: « en fonction des
-- trajets réellement réalisés »).
with accounts as (
    select * from {{ ref('int_advance_accounts') }}
),

entries as (
    select
        closing_number,
        operator_id,
        sum(incentive_cents) as consumed_cents,
        sum(incentive_cents) filter (where reason = 'journey') as own_cents
    from {{ ref('stg_ledger_entries') }}
    group by all
),

calls as (
    select
        accounts.campaign_id,
        accounts.operator_id,
        accounts.business_date,
        accounts.expected_cents,
        accounts.starts_on,
        closings.closing_number,
        closings.period_start_on,
        closings.period_end_on,
        cast(closings.period_end_on + 1 as date) as next_start_on,
        {{ period_end('next_start_on', 'campaigns.call_months') }} as next_end_on,
        coalesce(entries.consumed_cents, 0) as consumed_cents,
        -- Over a whole period, where the operation began within it.
        coalesce(entries.own_cents, 0)
        * date_diff('day', closings.period_start_on, next_start_on)
        // date_diff(
            'day',
            least(greatest(closings.period_start_on, accounts.starts_on), closings.period_end_on),
            next_start_on
        )
            as own_cents
    from accounts
    inner join {{ source('catalogue', 'campaigns') }} as campaigns on accounts.campaign_id = campaigns.campaign_id
    inner join {{ ref('stg_closings') }} as closings
        on
            accounts.campaign_id = closings.campaign_id
            and closings.kind = 'incentive'
            and accounts.first_period_on <= closings.period_start_on
            and accounts.closing_number < closings.closing_number
    left join entries
        on closings.closing_number = entries.closing_number and accounts.operator_id = entries.operator_id
),

-- Agreed for the period that follows: the forecast in force on its first day, or tonight.
agreed as (
    select
        calls.campaign_id,
        calls.operator_id,
        calls.closing_number,
        max(forecasts.from_on) as agreed_on,
        arg_max(forecasts.forecast_cents, forecasts.from_on) as agreed_cents
    from calls
    inner join {{ source('catalogue', 'campaign_forecasts') }} as forecasts
        on
            calls.campaign_id = forecasts.campaign_id
            and calls.operator_id = forecasts.operator_id
            and forecasts.from_on between calls.next_start_on
            and least(calls.next_end_on, greatest(calls.next_start_on, calls.business_date))
    group by all
)

select
    calls.campaign_id,
    calls.operator_id,
    calls.closing_number,
    calls.period_start_on,
    calls.period_end_on,
    cast(calls.consumed_cents as bigint) as consumed_cents,
    agreed.agreed_on,
    cast(coalesce(agreed.agreed_cents, calls.own_cents) as bigint) as next_cents,
    row_number() over earlier as call_rank,
    calls.closing_number = max(calls.closing_number) over (partition by calls.campaign_id) as is_last,
    coalesce(lag(next_cents) over earlier, calls.expected_cents) as forecast_cents,
    cast(coalesce(sum(calls.consumed_cents) over (
        partition by calls.campaign_id, calls.operator_id
        order by calls.closing_number rows between unbounded preceding and 1 preceding
    ), 0) as bigint) as drawn_before_cents
from calls
left join agreed using (campaign_id, operator_id, closing_number)
window earlier as (partition by calls.campaign_id, calls.operator_id order by calls.closing_number)
