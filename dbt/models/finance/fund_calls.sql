with totals as (
    select
        campaign_id,
        operator_id,
        period_start_on,
        period_end_on,
        count(*) as journeys,
        count(*) filter (where incentive_cents > 0) as subsidised_journeys,
        cast(sum(tariff_cents) as bigint) as tariff_cents,
        cast(sum(incentive_cents) as bigint) as incentive_cents,
        cast(sum(fee_ex_vat_cents) as bigint) as fee_ex_vat_cents,
        cast(sum(vat_cents) as bigint) as vat_cents
    from {{ ref('int_fund_call_journeys') }}
    group by all
)

select
    campaign_id,
    operator_id,
    period_start_on,
    period_end_on,
    row_number() over (partition by campaign_id, operator_id order by period_start_on) as call_number,
    period_end_on < cast('{{ var("business_date") }}' as date) as is_period_over,
    journeys,
    subsidised_journeys,
    tariff_cents,
    incentive_cents,
    incentive_cents - tariff_cents as budget_cut_cents,
    fee_ex_vat_cents,
    vat_cents,
    incentive_cents + fee_ex_vat_cents + vat_cents as total_cents
from totals
