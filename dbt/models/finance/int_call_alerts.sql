{% set few = 30 %}
-- What deserves a look before a call goes out (the registry's issue 1792): jumps, silence, incentives that stopped
-- unnoticed. Whole months only; a mean of fewer than {{ few }} journeys says nothing.
with months as (
    select
        campaign_id,
        operator_id,
        call_start_on as period_start_on,
        journey_month_on,
        count(*) filter (where is_eligible) as eligible,
        count(*) filter (where incentive_cents > 0) as paid
    from {{ ref('ledger_lines') }}
    where kind = 'incentive' and not is_adjustment
    group by all
),

followed as (
    select
        months.*,
        lag(months.paid) over (
            partition by months.campaign_id, months.operator_id order by months.journey_month_on
        ) as paid_before
    from months
    where months.journey_month_on + interval 1 month <= cast('{{ var("business_date") }}' as date) + interval 1 day
),

jumps as (
    select
        followed.campaign_id,
        followed.operator_id,
        followed.period_start_on,
        count(*) filter (
            where greatest(followed.paid, followed.paid_before) >= {{ few }}
            and (followed.paid > 2 * followed.paid_before or 2 * followed.paid < followed.paid_before)
        ) as month_on_month_jumps,
        count(*) filter (
            where followed.eligible > 0 and followed.paid = 0 and followed.paid_before > 0 and status.left_cents > 0
        ) as months_fallen_to_zero
    from followed
    inner join {{ ref('budget_status') }} as status on followed.campaign_id = status.campaign_id
    group by all
),

totals as (
    select
        campaign_id,
        period_start_on,
        sum(subsidised_journeys) as journeys,
        sum(incentive_cents - adjustment_cents) as cents
    from {{ ref('fund_calls') }}
    group by all
),

ridden as (
    select distinct
        campaign_id,
        operator_id,
        start_on
    from {{ ref('campaign_incentives') }}
),

days as (
    select
        calls.campaign_id,
        calls.operator_id,
        calls.period_start_on,
        count(*) as days
    from {{ ref('fund_calls') }} as calls
    inner join ridden
        on
            calls.campaign_id = ridden.campaign_id
            and calls.operator_id = ridden.operator_id
            and calls.period_start_on <= ridden.start_on
            and calls.period_end_on >= ridden.start_on
    group by all
),

signed as (
    select
        authority_id,
        operator_id,
        min(signed_on) as signed_on
    from {{ source('catalogue', 'authority_conventions') }}
    group by all
)

-- The mean incentive of an operator beside that of all the others, in cents × journeys: no division.
select
    calls.campaign_id,
    calls.operator_id,
    calls.period_start_on,
    coalesce(jumps.month_on_month_jumps, 0) as month_on_month_jumps,
    coalesce(jumps.months_fallen_to_zero, 0) as months_fallen_to_zero,
    cast(
        calls.subsidised_journeys >= {{ few }}
        and totals.journeys - calls.subsidised_journeys >= {{ few }}
        and (
            2 * (calls.incentive_cents - calls.adjustment_cents) * (totals.journeys - calls.subsidised_journeys)
            > 3 * (totals.cents - calls.incentive_cents + calls.adjustment_cents) * calls.subsidised_journeys
            or 3 * (calls.incentive_cents - calls.adjustment_cents) * (totals.journeys - calls.subsidised_journeys)
            < 2 * (totals.cents - calls.incentive_cents + calls.adjustment_cents) * calls.subsidised_journeys
        ) as integer
    ) as means_far_from_other_operators,
    greatest(0, date_diff(
        'day',
        greatest(calls.period_start_on, cast(timezone(campaigns.time_zone, campaigns.start_at) as date)),
        least(calls.period_end_on, cast('{{ var("business_date") }}' as date))
    ) + 1 - coalesce(days.days, 0)) as days_without_a_journey,
    if(
        signed.signed_on
        <= greatest(calls.period_start_on, cast(timezone(campaigns.time_zone, campaigns.start_at) as date)),
        0, abs(calls.incentive_cents) + abs(calls.fee_ex_vat_cents + calls.vat_cents)
    ) as cents_without_a_convention
from {{ ref('fund_calls') }} as calls
inner join {{ source('catalogue', 'campaigns') }} as campaigns using (campaign_id)
inner join totals using (campaign_id, period_start_on)
left join jumps using (campaign_id, operator_id, period_start_on)
left join days using (campaign_id, operator_id, period_start_on)
left join signed on campaigns.authority_id = signed.authority_id and calls.operator_id = signed.operator_id
where not calls.is_closed or calls.closed_on = cast('{{ var("business_date") }}' as date)
