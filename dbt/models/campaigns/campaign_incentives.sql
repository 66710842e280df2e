with tariffs as (
    select * from {{ ref('int_campaign_tariffs') }}
),

-- One pot for all operators, drawn in journey order: incentive first, then the fee with its VAT.
queued as (
    select
        *,
        tariff_cents + if(is_fee_in_budget, due_fee_ex_vat_cents + due_vat_cents, 0) as asked_cents,
        coalesce(
            sum(tariff_cents + if(is_fee_in_budget, due_fee_ex_vat_cents + due_vat_cents, 0)) over (
                partition by campaign_id
                order by start_at, operator_id, operator_journey_id
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as asked_before_cents
    from tariffs
),

drawn as (
    select
        *,
        greatest(budget_cents - asked_before_cents, 0) as left_before_cents,
        least(tariff_cents, left_before_cents) as incentive_cents,
        if(
            is_fee_in_budget,
            least(due_fee_ex_vat_cents + due_vat_cents, left_before_cents - incentive_cents),
            due_fee_ex_vat_cents + due_vat_cents
        ) as fee_with_vat_cents
    from queued
),

split as (
    select
        *,
        if(
            fee_with_vat_cents = due_fee_ex_vat_cents + due_vat_cents,
            due_fee_ex_vat_cents,
            {{ ex_vat('fee_with_vat_cents', 'vat_percent') }}
        ) as fee_ex_vat_cents
    from drawn
)

select
    campaign_id,
    operator_id,
    operator_journey_id,
    start_at,
    seats,
    distance_m,
    cast(billed_m as bigint) as billed_m,
    cast(band as bigint) as band,
    is_eligible,
    failed_tests,
    cast(tariff_cents as bigint) as tariff_cents,
    cast(incentive_cents as bigint) as incentive_cents,
    cast(fee_ex_vat_cents as bigint) as fee_ex_vat_cents,
    cast(fee_with_vat_cents - fee_ex_vat_cents as bigint) as vat_cents,
    cast(left_before_cents as bigint) as left_before_cents,
    asked_cents > incentive_cents + if(is_fee_in_budget, fee_with_vat_cents, 0) as is_cut_by_budget
from split
