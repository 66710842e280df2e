{{ config(materialized='kept_whole', meta={'day': 'call_start_on', 'closings': 'by_call'}) }}
-- What the next closings settle: journeys not yet settled, and entries to take back.
with returned as (
    select * exclude (start_on)
    from {{ ref('settled_entries') }}
    where reversal_reason is not null
),

due as (
    select
        opened.campaign_id,
        opened.kind,
        opened.months,
        opened.period_start_on as open_from_on,
        opened.period_end_on as open_until_on,
        incentives.operator_id,
        incentives.operator_journey_id,
        incentives.journey_number,
        incentives.start_on,
        incentives.seats,
        incentives.distance_m,
        incentives.billed_m,
        incentives.is_eligible,
        array_to_string(incentives.failed_tests, '|') as failed_tests,
        incentives.table_number,
        incentives.band,
        incentives.left_before_cents,
        incentives.is_cut_by_budget,
        if(opened.kind = 'incentive', incentives.tariff_cents, 0) as tariff_cents,
        if(opened.kind = 'incentive', incentives.capped_cents, 0) as capped_cents,
        if(opened.kind = 'incentive', incentives.incentive_cents, 0) as incentive_cents,
        if(opened.kind = 'fee', incentives.fee_ex_vat_cents, 0) as fee_ex_vat_cents,
        if(opened.kind = 'fee', incentives.vat_cents, 0) as vat_cents
    from {{ ref('campaign_incentives') }} as incentives
    inner join {{ ref('open_periods') }} as opened
        on
            incentives.campaign_id = opened.campaign_id
            and if(
                opened.kind = 'incentive',
                incentives.incentive_closing is null,
                incentives.is_fee_due and incentives.fee_closing is null
            )
),

entries as (
    select
        due.* exclude (months, open_from_on, open_until_on, start_on),
        'entry' as movement,
        case
            when returned.closing_number is not null then 'correction'
            when due.start_on < due.open_from_on then 'late'
            else 'journey'
        end as reason,
        returned.closing_number as original_closing,
        returned.entry_number as original_entry,
        cast(date_trunc('month', due.start_on) as date) as journey_month_on,
        greatest({{ period_start('due.start_on', 'due.months') }}, due.open_from_on) as period_start_on,
        greatest(
            {{ period_end(period_start('due.start_on', 'due.months'), 'due.months') }}, due.open_until_on
        ) as period_end_on
    from due
    left join returned using (campaign_id, kind, operator_id, operator_journey_id)
),

reversals as (
    select
        returned.* exclude (reversal_reason, reason, closing_number, entry_number) replace (
            -returned.seats as seats,
            -returned.tariff_cents as tariff_cents,
            -returned.capped_cents as capped_cents,
            -returned.incentive_cents as incentive_cents,
            -returned.fee_ex_vat_cents as fee_ex_vat_cents,
            -returned.vat_cents as vat_cents
        ),
        0 as journey_number,
        'reversal' as movement,
        returned.reversal_reason as reason,
        returned.closing_number as original_closing,
        returned.entry_number as original_entry,
        opened.period_start_on,
        opened.period_end_on
    from returned
    inner join {{ ref('open_periods') }} as opened
        on returned.campaign_id = opened.campaign_id and returned.kind = opened.kind
),

lines as (
    select * from entries
    union all by name
    select * from reversals
)

-- An incentive stands in the call that is its period, a fee in the call of its period's last day.
select
    lines.*,
    {{ call_start('lines.period_end_on', 'calls') }} as call_start_on,
    {{ call_end('lines.period_end_on', 'calls') }} as call_end_on
from lines
inner join {{ ref('open_periods') }} as calls
    on lines.campaign_id = calls.campaign_id and calls.kind = 'incentive'
