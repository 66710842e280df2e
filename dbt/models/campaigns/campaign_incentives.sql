{{ config(materialized='by_month', tags=['personal_data']) }}
select
    campaigns.campaign_id,
    pairs.journey_number,
    journeys.operator_id,
    journeys.operator_journey_id,
    journeys.start_at,
    times.day_on as start_on,
    journeys.seats,
    journeys.distance_m,
    {{ half_up('journeys.distance_m', 'campaigns.billed_step_m') }} * campaigns.billed_step_m as billed_m,
    tariffs.band,
    verdicts.is_eligible,
    verdicts.failed_tests,
    verdicts.is_ambiguous,
    coalesce(tariffs.tariff_cents, 0) as tariff_cents,
    coalesce(settled.capped_cents, budget.capped_cents, 0) as capped_cents,
    coalesce(settled.incentive_cents, 0) + coalesce(budget.incentive_cents, 0) as incentive_cents,
    coalesce(settled.fee_ex_vat_cents, 0) + coalesce(budget.fee_ex_vat_cents, 0) as fee_ex_vat_cents,
    coalesce(settled.vat_cents, 0) + coalesce(budget.vat_cents, 0) as vat_cents,
    coalesce(settled.left_before_cents, budget.left_before_cents) as left_before_cents,
    coalesce(settled.is_cut_by_budget, false) or coalesce(budget.is_cut_by_budget, false) as is_cut_by_budget,
    verdicts.table_number,
    verdicts.is_fee_due,
    settled.incentive_closing,
    settled.fee_closing
from {{ ref('int_campaign_clauses') }} as pairs
inner join {{ ref('int_month_verdicts') }} as verdicts
    on pairs.campaign_number = verdicts.campaign_number and pairs.clauses = verdicts.clauses
inner join {{ source('catalogue', 'campaigns') }} as campaigns on pairs.campaign_number = campaigns.campaign_number
inner join {{ ref('int_evaluated_journeys') }} as journeys on pairs.journey_number = journeys.journey_number
inner join {{ ref('int_local_times') }} as times
    on campaigns.time_zone = times.time_zone and {{ slot('journeys.start_at') }} = times.slot
left join {{ ref('int_campaign_tariffs') }} as tariffs
    on pairs.campaign_number = tariffs.campaign_number and pairs.journey_number = tariffs.journey_number
left join {{ ref('int_campaign_budget') }} as budget
    on pairs.campaign_number = budget.campaign_number and pairs.journey_number = budget.journey_number
left join {{ ref('int_settled_pairs') }} as settled
    on pairs.campaign_number = settled.campaign_number and pairs.journey_number = settled.journey_number
