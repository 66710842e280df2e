select
    campaigns.campaign_id,
    pairs.journey_number,
    journeys.operator_id,
    journeys.operator_journey_id,
    journeys.start_at,
    journeys.seats,
    journeys.distance_m,
    {{ half_up('journeys.distance_m', 'campaigns.billed_step_m') }} * campaigns.billed_step_m as billed_m,
    tariffs.band,
    verdicts.is_eligible,
    verdicts.failed_tests,
    verdicts.is_ambiguous,
    coalesce(tariffs.tariff_cents, 0) as tariff_cents,
    coalesce(budget.capped_cents, 0) as capped_cents,
    coalesce(budget.incentive_cents, 0) as incentive_cents,
    coalesce(budget.fee_ex_vat_cents, 0) as fee_ex_vat_cents,
    coalesce(budget.vat_cents, 0) as vat_cents,
    budget.left_before_cents,
    coalesce(budget.is_cut_by_budget, false) as is_cut_by_budget
from {{ ref('int_campaign_clauses') }} as pairs
inner join {{ ref('int_campaign_verdicts') }} as verdicts
    on pairs.campaign_number = verdicts.campaign_number and pairs.clauses = verdicts.clauses
inner join {{ source('catalogue', 'campaigns') }} as campaigns on pairs.campaign_number = campaigns.campaign_number
inner join {{ ref('int_evaluated_journeys') }} as journeys on pairs.journey_number = journeys.journey_number
left join {{ ref('int_campaign_tariffs') }} as tariffs
    on pairs.campaign_number = tariffs.campaign_number and pairs.journey_number = tariffs.journey_number
left join {{ ref('int_campaign_budget') }} as budget
    on pairs.campaign_number = budget.campaign_number and pairs.journey_number = budget.journey_number
