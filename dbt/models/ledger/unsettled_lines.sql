-- What the next closings settle: journeys not yet settled, and entries to take back.
with closed as (
    select
        campaign_id,
        kind,
        cast(max(period_end_on) + 1 as date) as open_from_on
    from {{ ref('stg_closings') }}
    group by campaign_id, kind
),

kinds as (
    select
        campaign_id,
        time_zone,
        'incentive' as kind,
        call_months as months
    from {{ source('catalogue', 'campaigns') }}
    union all
    select
        campaign_id,
        time_zone,
        'fee',
        fee_months
    from {{ source('catalogue', 'campaigns') }}
    where fee_ex_vat_cents > 0
),

open_kinds as (
    select
        kinds.*,
        coalesce(closed.open_from_on, date '0001-01-01') as open_from_on
    from kinds
    left join closed using (campaign_id, kind)
),

returned as (
    select *
    from {{ ref('settled_entries') }}
    where reversal_reason is not null
),

due as (
    select
        open_kinds.campaign_id,
        open_kinds.kind,
        open_kinds.months,
        open_kinds.open_from_on,
        incentives.operator_id,
        incentives.operator_journey_id,
        incentives.journey_number,
        cast(timezone(open_kinds.time_zone, incentives.start_at) as date) as start_on,
        incentives.seats,
        incentives.distance_m,
        incentives.billed_m,
        incentives.is_eligible,
        array_to_string(incentives.failed_tests, '|') as failed_tests,
        incentives.table_number,
        incentives.band,
        incentives.left_before_cents,
        incentives.is_cut_by_budget,
        if(open_kinds.kind = 'incentive', incentives.tariff_cents, 0) as tariff_cents,
        if(open_kinds.kind = 'incentive', incentives.capped_cents, 0) as capped_cents,
        if(open_kinds.kind = 'incentive', incentives.incentive_cents, 0) as incentive_cents,
        if(open_kinds.kind = 'fee', incentives.fee_ex_vat_cents, 0) as fee_ex_vat_cents,
        if(open_kinds.kind = 'fee', incentives.vat_cents, 0) as vat_cents
    from {{ ref('campaign_incentives') }} as incentives
    inner join open_kinds
        on
            incentives.campaign_id = open_kinds.campaign_id
            and if(
                open_kinds.kind = 'incentive',
                incentives.incentive_closing is null,
                incentives.is_fee_due and incentives.fee_closing is null
            )
),

entries as (
    select
        due.* exclude (months, open_from_on, start_on),
        'entry' as movement,
        case
            when returned.closing_number is not null then 'correction'
            when {{ period_start('due.start_on', 'due.months') }} < due.open_from_on then 'late'
            else 'journey'
        end as reason,
        returned.closing_number as original_closing,
        returned.entry_number as original_entry,
        cast(date_trunc('month', due.start_on) as date) as journey_month_on,
        greatest({{ period_start('due.start_on', 'due.months') }}, due.open_from_on) as period_start_on,
        {{ period_end('period_start_on', 'due.months') }} as period_end_on
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
        open_kinds.open_from_on as period_start_on,
        {{ period_end('open_kinds.open_from_on', 'open_kinds.months') }} as period_end_on
    from returned
    inner join open_kinds on returned.campaign_id = open_kinds.campaign_id and returned.kind = open_kinds.kind
)

select * from entries
union all by name
select * from reversals
