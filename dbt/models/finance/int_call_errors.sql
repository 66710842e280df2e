{{ config(materialized='kept_whole') }}
-- What may not be in a document that goes out: the hand checks of the registry (its issue 1792), as counts.
with caps as (
    select
        terms.campaign_id,
        unnest(terms.caps, max_depth := 2)
    from {{ ref('int_campaign_terms') }} as terms
    where terms.closing_number = 0
),

-- A step of a cap gives no more than its counter left, and takes nothing that was not there.
-- What is closed stands in its call, what is not in one to come.
by_step as (
    select
        errors.campaign_id,
        errors.operator_id,
        calls.call_start_on as period_start_on,
        errors.caps_passed
    from {{ ref('int_settled_cap_errors') }} as errors
    inner join {{ ref('closing_calls') }} as calls on errors.closing_number = calls.closing_number
    union all
    select
        incentives.campaign_id,
        incentives.operator_id,
        {{ call_start('incentives.start_on', 'opened') }},
        count(*)
    from {{ ref('int_unsettled_cap_steps') }} as steps
    inner join {{ source('catalogue', 'campaigns') }} as campaigns on steps.campaign_number = campaigns.campaign_number
    inner join {{ ref('campaign_incentives') }} as incentives
        on
            campaigns.campaign_id = incentives.campaign_id
            and steps.journey_number = incentives.journey_number
            and incentives.incentive_closing is null
    inner join {{ ref('open_periods') }} as opened
        on incentives.campaign_id = opened.campaign_id and opened.kind = 'incentive'
    inner join caps
        on incentives.campaign_id = caps.campaign_id and steps.position = caps.position
    where {{ is_cap_passed() }}
    group by all
),

by_call as (
    select
        campaign_id,
        operator_id,
        period_start_on,
        cast(sum(caps_passed) as bigint) as caps_passed
    from by_step
    group by all
),

invoiced as (
    select
        campaign_id,
        operator_id,
        call_start_on as period_start_on,
        sum(total_cents) as total_cents
    from {{ ref('fee_invoices') }}
    group by all
)

select
    calls.campaign_id,
    calls.operator_id,
    calls.period_start_on,
    sums.amounts_outside_their_band,
    sums.amounts_above_tariff_or_caps,
    sums.ineligible_journeys_paid,
    abs(calls.subsidised_journeys - sums.subsidised_journeys) as zero_amounts_counted_as_paid,
    coalesce(by_call.caps_passed, 0) as caps_passed,
    cast(
        abs(calls.incentive_cents - sums.incentive_cents)
        + abs(calls.fee_ex_vat_cents + calls.vat_cents - sums.fee_cents) as bigint
    ) as cents_off_the_ledger,
    cast(
        if(
            calls.is_closed, abs(calls.fee_ex_vat_cents + calls.vat_cents - coalesce(invoiced.total_cents, 0)), 0
        ) as bigint
    ) as cents_off_the_invoices
from {{ ref('fund_calls') }} as calls
inner join {{ ref('int_call_sums') }} as sums using (campaign_id, operator_id, period_start_on)
left join by_call using (campaign_id, operator_id, period_start_on)
left join invoiced using (campaign_id, operator_id, period_start_on)
