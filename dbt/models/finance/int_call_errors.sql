{% set step = 'reached.billed_step_m' %}
{% set least_m = half_up('reached.from_m', step) ~ ' * ' ~ step %}
{% set most_m = half_up('coalesce(reached.to_m, 1000000)', step) ~ ' * ' ~ step %}
-- What may not be in a document that goes out: the hand checks of the registry (its issue 1792), as counts. What is
-- closed is held against what its closing saw of tariff and caps.
with lines as (
    select
        * exclude (period_start_on, call_start_on) replace (coalesce(closing_number, 0) as closing_number),
        call_start_on as period_start_on
    from {{ ref('ledger_lines') }}
),

tariffs as (
    select
        terms.campaign_id,
        terms.closing_number,
        terms.billed_step_m,
        unnest(terms.bands, max_depth := 2)
    from {{ ref('int_campaign_terms') }} as terms
    where not terms.is_adjusted
),

caps as (
    select
        terms.campaign_id,
        terms.closing_number,
        unnest(terms.caps, max_depth := 2)
    from {{ ref('int_campaign_terms') }} as terms
),

claims as (
    select distinct
        campaign_id,
        closing_number,
        table_number,
        band,
        seats
    from lines
    where movement = 'entry'
),

-- The least and the most that a band pays for so many seats: its two ends, billed. Adjustments know no bounds.
ends as (
    select
        claims.campaign_id,
        claims.closing_number,
        claims.table_number,
        claims.band,
        claims.seats,
        {{ half_up('sum(' ~ band_units('bands.alternatives', least_m, 'claims.seats') ~ ')', units_per_cent()) }}
            as least_cents,
        {{ half_up('sum(' ~ band_units('bands.alternatives', most_m, 'claims.seats') ~ ')', units_per_cent()) }}
            as most_cents
    from claims
    inner join tariffs as reached
        on
            claims.campaign_id = reached.campaign_id
            and claims.closing_number = reached.closing_number
            and claims.table_number = reached.table_number
            and claims.band = reached.band
    inner join tariffs as bands
        on
            reached.campaign_id = bands.campaign_id
            and reached.closing_number = bands.closing_number
            and reached.table_number = bands.table_number
            and (reached.band = bands.band or (bands.is_cumulative and reached.band > bands.band))
    group by claims.campaign_id, claims.closing_number, claims.table_number, claims.band, claims.seats
),

by_line as (
    select
        lines.campaign_id,
        lines.operator_id,
        lines.period_start_on,
        count(*) filter (
            where lines.tariff_cents > 0 and lines.tariff_cents not between ends.least_cents and ends.most_cents
        ) as amounts_outside_their_band,
        count(*) filter (
            where not 0 <= lines.incentive_cents
            or not lines.incentive_cents <= lines.capped_cents
            or not lines.capped_cents <= lines.tariff_cents
        ) as amounts_above_tariff_or_caps,
        count(*) filter (where lines.incentive_cents > 0 and not lines.is_eligible) as ineligible_journeys_paid
    from lines
    left join ends
        on
            lines.campaign_id = ends.campaign_id
            and lines.closing_number = ends.closing_number
            and lines.table_number = ends.table_number
            and lines.band = ends.band
            and lines.seats = ends.seats
    where lines.kind = 'incentive' and lines.movement = 'entry'
    group by all
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
        on campaigns.campaign_id = incentives.campaign_id and steps.journey_number = incentives.journey_number
    inner join {{ ref('open_periods') }} as opened
        on incentives.campaign_id = opened.campaign_id and opened.kind = 'incentive'
    inner join caps
        on incentives.campaign_id = caps.campaign_id and caps.closing_number = 0 and steps.position = caps.position
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

sums as (
    select
        campaign_id,
        operator_id,
        period_start_on,
        sum(incentive_cents) as incentive_cents,
        sum(fee_ex_vat_cents + vat_cents) as fee_cents,
        count(*) filter (where kind = 'incentive' and not is_adjustment and incentive_cents > 0) as paid
    from lines
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
    coalesce(by_line.amounts_outside_their_band, 0) as amounts_outside_their_band,
    coalesce(by_line.amounts_above_tariff_or_caps, 0) as amounts_above_tariff_or_caps,
    coalesce(by_line.ineligible_journeys_paid, 0) as ineligible_journeys_paid,
    abs(calls.subsidised_journeys - sums.paid) as zero_amounts_counted_as_paid,
    coalesce(by_call.caps_passed, 0) as caps_passed,
    abs(calls.incentive_cents - sums.incentive_cents)
    + abs(calls.fee_ex_vat_cents + calls.vat_cents - sums.fee_cents) as cents_off_the_ledger,
    if(
        calls.is_closed, abs(calls.fee_ex_vat_cents + calls.vat_cents - coalesce(invoiced.total_cents, 0)), 0
    ) as cents_off_the_invoices
from {{ ref('fund_calls') }} as calls
inner join sums using (campaign_id, operator_id, period_start_on)
left join by_line using (campaign_id, operator_id, period_start_on)
left join by_call using (campaign_id, operator_id, period_start_on)
left join invoiced using (campaign_id, operator_id, period_start_on)
