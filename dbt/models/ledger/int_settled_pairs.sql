-- What stays as it was closed, beside what the models of campaigns/ evaluate; by their numbers.
select
    campaigns.campaign_number,
    journeys.journey_number,
    max(entries.closing_number) filter (where entries.kind = 'incentive') as incentive_closing,
    max(entries.closing_number) filter (where entries.kind = 'fee') as fee_closing,
    cast(sum(entries.capped_cents) filter (where entries.kind = 'incentive') as bigint) as capped_cents,
    cast(sum(entries.incentive_cents) as bigint) as incentive_cents,
    cast(sum(entries.fee_ex_vat_cents) as bigint) as fee_ex_vat_cents,
    cast(sum(entries.vat_cents) as bigint) as vat_cents,
    max(entries.left_before_cents) as left_before_cents,
    bool_or(entries.is_cut_by_budget) as is_cut_by_budget
from {{ ref('settled_entries') }} as entries
inner join {{ source('catalogue', 'campaigns') }} as campaigns on entries.campaign_id = campaigns.campaign_id
inner join {{ ref('int_evaluated_journeys') }} as journeys
    on
        entries.operator_id = journeys.operator_id
        and entries.operator_journey_id = journeys.operator_journey_id
where entries.reversal_reason is null
group by campaigns.campaign_number, journeys.journey_number
