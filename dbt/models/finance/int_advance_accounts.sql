-- The account of an operator's advance as it stands before tonight; without a row, it waits for its first payment.
-- An operator that the campaign file no longer names has left.
with campaigns as (
    select
        *,
        cast(timezone(time_zone, start_at) as date) as starts_on,
        cast('{{ var("business_date") }}' as date) as business_date
    from {{ source('catalogue', 'campaigns') }}
),

firsts as (
    select
        forecasts.campaign_id,
        forecasts.operator_id,
        min(forecasts.from_on) as from_on,
        arg_min(forecasts.forecast_cents, forecasts.from_on) as forecast_cents
    from {{ source('catalogue', 'campaign_forecasts') }} as forecasts
    group by all
),

-- What bank statements show of a step counts; a step that none shows counts as it was decided. Why: D-245.
kept as (
    select
        steps.campaign_id,
        steps.operator_id,
        cast(
            sum(coalesce(paid.paid_cents, steps.revision_cents) - steps.consumed_cents) as bigint
        ) as held_cents,
        max(steps.statement_number) as statement_number,
        max(steps.closing_number) as closing_number,
        max(steps.agreed_on) as agreed_on,
        arg_max(steps.expected_cents, steps.statement_number) as expected_cents,
        min(steps.period_start_on) as first_period_on,
        bool_or(steps.is_final) as is_ended
    from {{ ref('stg_advances') }} as steps
    left join {{ ref('int_advance_paid') }} as paid
        on
            steps.campaign_id = paid.campaign_id
            and steps.operator_id = paid.operator_id
            and steps.statement_number = paid.statement_number
    group by all
),

-- What no closing has settled yet, of the operator's journeys.
opens as (
    select
        campaign_id,
        operator_id,
        min(period_start_on) as period_start_on,
        cast(sum(incentive_cents) as bigint) as open_cents
    from {{ ref('unsettled_lines') }}
    where kind = 'incentive'
    group by all
),

accounts as (
    select
        campaigns.campaign_id,
        coalesce(kept.operator_id, firsts.operator_id) as operator_id,
        campaigns.business_date,
        kept.operator_id is null as is_new,
        coalesce(kept.held_cents, 0) as held_cents,
        coalesce(kept.statement_number, 0) as statement_number,
        coalesce(kept.closing_number, 0) as closing_number,
        coalesce(kept.agreed_on, firsts.from_on) as agreed_on,
        coalesce(kept.expected_cents, firsts.forecast_cents) as expected_cents,
        greatest(campaigns.starts_on, firsts.from_on) as starts_on,
        coalesce(
            kept.first_period_on, {{ period_start('firsts.from_on', 'campaigns.call_months') }}
        ) as first_period_on,
        coalesce(kept.is_ended, false) as is_ended,
        greatest(campaigns.business_date, campaigns.starts_on, firsts.from_on) as member_on
    from kept
    full join firsts on kept.campaign_id = firsts.campaign_id and kept.operator_id = firsts.operator_id
    inner join campaigns on coalesce(kept.campaign_id, firsts.campaign_id) = campaigns.campaign_id
)

select
    accounts.* exclude (member_on),
    opens.operator_id is not null as has_open_lines,
    greatest(coalesce(opens.open_cents, 0), 0) as open_cents,
    opens.period_start_on as open_period_on,
    members.operator_id is null as has_left
from accounts
left join opens on accounts.campaign_id = opens.campaign_id and accounts.operator_id = opens.operator_id
left join {{ source('catalogue', 'campaign_members') }} as members
    on
        accounts.campaign_id = members.campaign_id
        and accounts.operator_id = members.operator_id
        and accounts.member_on between members.from_on and members.to_on
