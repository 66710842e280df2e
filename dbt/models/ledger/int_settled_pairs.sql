{{ config(materialized='by_month', meta={'day': 'journey_on'}) }}
-- What stays as it was closed, beside what the models of campaigns/ evaluate; by their numbers. Of a journey that was
-- settled before the base forgot it, the amounts stay nobody's: nothing is asked again, and nothing taken back.
with settled as (
    select
        campaign_id,
        kind,
        operator_id,
        operator_journey_id,
        closing_number,
        capped_cents,
        incentive_cents,
        fee_ex_vat_cents,
        vat_cents,
        left_before_cents,
        is_cut_by_budget
    from {{ ref('settled_entries') }}
    where reversal_reason is null
    union all by name
    select
        closings.campaign_id,
        closings.kind,
        again.operator_id,
        again.operator_journey_id,
        again.closing_number
    from {{ ref('stg_settled_before') }} as again
    inner join {{ ref('stg_closings') }} as closings on again.closing_number = closings.closing_number
)

select
    campaigns.campaign_number,
    journeys.journey_number,
    journeys.start_on as journey_on,
    max(settled.closing_number) filter (where settled.kind = 'incentive') as incentive_closing,
    max(settled.closing_number) filter (where settled.kind = 'fee') as fee_closing,
    cast(sum(settled.capped_cents) filter (where settled.kind = 'incentive') as bigint) as capped_cents,
    cast(sum(settled.incentive_cents) as bigint) as incentive_cents,
    cast(sum(settled.fee_ex_vat_cents) as bigint) as fee_ex_vat_cents,
    cast(sum(settled.vat_cents) as bigint) as vat_cents,
    max(settled.left_before_cents) as left_before_cents,
    bool_or(settled.is_cut_by_budget) as is_cut_by_budget
from settled
inner join {{ source('catalogue', 'campaigns') }} as campaigns on settled.campaign_id = campaigns.campaign_id
inner join {{ ref('int_evaluated_journeys') }} as journeys
    on
        settled.operator_id = journeys.operator_id
        and settled.operator_journey_id = journeys.operator_journey_id
group by campaigns.campaign_number, journeys.journey_number, journeys.start_on
