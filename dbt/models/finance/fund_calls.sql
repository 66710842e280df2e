with totals as (
    select
        campaign_id,
        operator_id,
        period_start_on,
        period_end_on,
        count(*) filter (where not is_adjustment and not is_fee_only) as journeys,
        count(*) filter (where not is_adjustment and incentive_cents > 0) as subsidised_journeys,
        cast(coalesce(sum(tariff_cents) filter (where not is_adjustment), 0) as bigint) as tariff_cents,
        cast(coalesce(sum(capped_cents - tariff_cents) filter (where not is_adjustment), 0) as bigint) as cap_cut_cents,
        cast(
            coalesce(sum(incentive_cents - capped_cents) filter (where not is_adjustment), 0) as bigint
        ) as budget_cut_cents,
        cast(coalesce(sum(incentive_cents) filter (where is_adjustment), 0) as bigint) as adjustment_cents,
        cast(sum(incentive_cents) as bigint) as incentive_cents,
        cast(sum(fee_ex_vat_cents) as bigint) as fee_ex_vat_cents,
        cast(sum(vat_cents) as bigint) as vat_cents
    from {{ ref('int_fund_call_journeys') }}
    group by all
),

closings as (
    select
        campaign_id,
        period_start_on,
        closing_number,
        closing_sha256,
        business_date
    from {{ ref('stg_closings') }}
    where kind = 'incentive'
)

select
    totals.campaign_id,
    totals.operator_id,
    totals.period_start_on,
    totals.period_end_on,
    row_number() over (
        partition by totals.campaign_id, totals.operator_id order by totals.period_start_on
    ) as call_number,
    closings.closing_number is not null as is_closed,
    closings.closing_number,
    closings.closing_sha256,
    closings.business_date as closed_on,
    totals.journeys,
    totals.subsidised_journeys,
    totals.tariff_cents,
    totals.cap_cut_cents,
    totals.budget_cut_cents,
    totals.adjustment_cents,
    totals.incentive_cents,
    totals.fee_ex_vat_cents,
    totals.vat_cents,
    totals.incentive_cents + totals.fee_ex_vat_cents + totals.vat_cents as total_cents
from totals
left join closings
    on totals.campaign_id = closings.campaign_id and totals.period_start_on = closings.period_start_on
