-- The mid-term review (article 6.1), on the first night on or after its day: what journeys through that day have cost.
with campaigns as (
    select campaigns.*
    from {{ source('catalogue', 'campaigns') }} as campaigns
    anti join {{ ref('stg_pot_reviews') }} as reviews
        on campaigns.campaign_id = reviews.campaign_id and campaigns.review_on = reviews.review_on
    where campaigns.review_on <= cast('{{ var("business_date") }}' as date)
),

settled as (
    select
        closings.campaign_id,
        entries.operator_id,
        sum(entries.incentive_cents) as called_cents,
        sum(entries.fee_ex_vat_cents + entries.vat_cents) as invoiced_cents,
        0 as open_incentive_cents,
        0 as open_fee_cents,
        0 as held_cents
    from {{ ref('stg_ledger_entries') }} as entries
    inner join {{ ref('stg_closings') }} as closings on entries.closing_number = closings.closing_number
    inner join campaigns on closings.campaign_id = campaigns.campaign_id
    where entries.journey_month_on <= campaigns.review_on
    group by all
),

opens as (
    select
        lines.campaign_id,
        lines.operator_id,
        0 as called_cents,
        0 as invoiced_cents,
        sum(lines.incentive_cents) as open_incentive_cents,
        sum(lines.fee_ex_vat_cents + lines.vat_cents) as open_fee_cents,
        0 as held_cents
    from {{ ref('unsettled_lines') }} as lines
    inner join campaigns on lines.campaign_id = campaigns.campaign_id
    left join {{ ref('campaign_incentives') }} as incentives
        on
            lines.campaign_id = incentives.campaign_id
            and lines.operator_id = incentives.operator_id
            and lines.operator_journey_id = incentives.operator_journey_id
    where
        lines.movement = 'reversal'
        or incentives.start_on <= campaigns.review_on
    group by all
),

held as (
    select
        holdings.campaign_id,
        holdings.operator_id,
        0 as called_cents,
        0 as invoiced_cents,
        0 as open_incentive_cents,
        0 as open_fee_cents,
        holdings.held_cents
    from {{ ref('advance_holdings') }} as holdings
    semi join campaigns on holdings.campaign_id = campaigns.campaign_id
),

-- A party that nothing was paid to yet is told, too.
parties as (
    select distinct
        members.campaign_id,
        members.operator_id,
        0 as called_cents,
        0 as invoiced_cents,
        0 as open_incentive_cents,
        0 as open_fee_cents,
        0 as held_cents
    from {{ source('catalogue', 'campaign_members') }} as members
    inner join campaigns
        on
            members.campaign_id = campaigns.campaign_id
            and campaigns.review_on between members.from_on and members.to_on
),

amounts as (
    select * from parties
    union all
    select * from settled
    union all
    select * from opens
    union all
    select * from held
)

select
    amounts.campaign_id,
    amounts.operator_id,
    campaigns.review_on,
    cast('{{ var("business_date") }}' as date) as issued_on,
    status.budget_cents,
    cast(sum(amounts.called_cents) as bigint) as called_cents,
    cast(sum(amounts.invoiced_cents) as bigint) as invoiced_cents,
    cast(sum(amounts.open_incentive_cents) as bigint) as open_incentive_cents,
    cast(sum(amounts.open_fee_cents) as bigint) as open_fee_cents,
    cast(sum(amounts.held_cents) as bigint) as held_cents,
    status.exhaustion_on
from amounts
inner join campaigns on amounts.campaign_id = campaigns.campaign_id
left join {{ ref('budget_status') }} as status on amounts.campaign_id = status.campaign_id
group by amounts.campaign_id, amounts.operator_id, campaigns.review_on, status.budget_cents, status.exhaustion_on
