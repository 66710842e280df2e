{{ config(meta={'dagster': {'ref': {'name': 'advance_steps'}}}) }}
-- What closings have settled and what is paid ahead and not drawn yet, over all operators, stay within the pot
-- (CONVENTION 6.1, 8.1, 8.3; once a rest of 642.60 was advanced to each of four operators).
with settled as (
    select
        closings.campaign_id,
        sum(
            closings.incentive_cents
            + if(campaigns.is_fee_in_budget, closings.fee_ex_vat_cents + closings.vat_cents, 0)
        ) as cents
    from {{ ref('stg_closings') }} as closings
    inner join {{ source('catalogue', 'campaigns') }} as campaigns on closings.campaign_id = campaigns.campaign_id
    group by closings.campaign_id
),

-- As decided by each last step: a payment that a bank shows meanwhile is nobody's decision.
closings as (
    select
        campaign_id,
        arg_max(opening_cents - consumed_cents + revision_cents, statement_number) as cents
    from {{ ref('advance_steps') }}
    group by campaign_id, operator_id
),

held as (
    select
        campaign_id,
        sum(cents) as cents
    from closings
    group by campaign_id
)

select held.campaign_id
from held
inner join {{ ref('budget_status') }} as status on held.campaign_id = status.campaign_id
left join settled on held.campaign_id = settled.campaign_id
where held.cents > 0 and held.cents + coalesce(settled.cents, 0) > status.budget_cents
