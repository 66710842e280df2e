-- Counted through the night of each closing, so that later nights move nothing: a call says the pot as its night left
-- it, with the fees of its last month.
with campaigns as (
    select
        campaign_id,
        is_fee_in_budget
    from {{ source('catalogue', 'campaigns') }}
),

counted as (
    select
        closing_number,
        campaign_id,
        kind,
        business_date,
        cast(sum(incentive_cents) over along as bigint) as called_cents,
        cast(sum(fee_ex_vat_cents + vat_cents) over along as bigint) as invoiced_cents
    from {{ ref('stg_closings') }}
    window along as (partition by campaign_id order by business_date)
)

select
    counted.closing_number,
    counted.campaign_id,
    pots.pot_cents as budget_cents,
    campaigns.is_fee_in_budget,
    counted.called_cents,
    counted.invoiced_cents
from counted
inner join campaigns on counted.campaign_id = campaigns.campaign_id
asof inner join {{ source('catalogue', 'campaign_pots') }} as pots
    on counted.campaign_id = pots.campaign_id and counted.business_date >= pots.from_on
where counted.kind = 'incentive'
