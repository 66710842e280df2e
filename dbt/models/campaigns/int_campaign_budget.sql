with due as (
    select
        pairs.campaign_number,
        pairs.journey_number,
        campaigns.campaign_id,
        campaigns.budget_cents,
        campaigns.is_fee_in_budget,
        campaigns.vat_percent,
        coalesce(caps.capped_cents, 0) as capped_cents,
        if(
            verdicts.is_fee_due and settled.fee_closing is null, if(campaigns.is_fee_per_seat, journeys.seats, 1), 0
        ) as fee_units,
        fee_units * campaigns.fee_ex_vat_cents as due_fee_ex_vat_cents,
        fee_units * {{ half_up('campaigns.fee_ex_vat_cents * campaigns.vat_percent', '100') }} as due_vat_cents
    from {{ ref('int_campaign_clauses') }} as pairs
    inner join {{ ref('int_campaign_verdicts') }} as verdicts
        on
            pairs.campaign_number = verdicts.campaign_number
            and pairs.clauses = verdicts.clauses
            and (verdicts.is_eligible or verdicts.is_fee_due)
    inner join {{ source('catalogue', 'campaigns') }} as campaigns on pairs.campaign_number = campaigns.campaign_number
    inner join {{ ref('int_evaluated_journeys') }} as journeys on pairs.journey_number = journeys.journey_number
    left join {{ ref('int_campaign_caps') }} as caps
        on pairs.campaign_number = caps.campaign_number and pairs.journey_number = caps.journey_number
    left join {{ ref('int_settled_pairs') }} as settled
        on pairs.campaign_number = settled.campaign_number and pairs.journey_number = settled.journey_number
    where caps.capped_cents > 0 or due_fee_ex_vat_cents > 0
),

-- One pot for all operators, drawn in journey order: incentive first, then the fee with its VAT. What a cancelled
-- incentive gives back is claimed back by the next call only: until that has closed it pays incentives, no fee, for
-- fees are invoiced before.
queued as (
    select
        due.*,
        if(due.is_fee_in_budget, due.due_fee_ex_vat_cents + due.due_vat_cents, 0) as asked_fee_cents,
        coalesce(opening.value, 0) as opening_cents,
        opening_cents + coalesce(sum(due.capped_cents + asked_fee_cents) over earlier, 0) as asked_before_cents,
        coalesce(sum(due.capped_cents) over earlier, 0) as capped_before_cents,
        due.budget_cents - coalesce(returned.value, 0) as fee_limit_cents
    from due
    left join {{ ref('opening_balances') }} as opening
        on due.campaign_id = opening.campaign_id and opening.cap_id = 'budget'
    left join {{ ref('opening_balances') }} as returned
        on due.campaign_id = returned.campaign_id and returned.cap_id = 'budget_returned'
    window
        earlier as (
            partition by due.campaign_number
            order by due.journey_number
            rows between unbounded preceding and 1 preceding
        )
),

-- All is paid up to the journey that passes the fees' limit; from there on incentives alone draw.
passed as (
    select
        *,
        coalesce(max(
            greatest(fee_limit_cents, asked_before_cents + capped_cents) - capped_before_cents - capped_cents
        ) filter (
            where asked_before_cents <= fee_limit_cents
            and asked_before_cents + capped_cents + asked_fee_cents > fee_limit_cents
        ) over (partition by campaign_number), opening_cents) as without_fees_cents
    from queued
),

drawn as (
    select
        *,
        if(
            asked_before_cents <= fee_limit_cents, asked_before_cents, without_fees_cents + capped_before_cents
        ) as drawn_before_cents,
        greatest(budget_cents - drawn_before_cents, 0) as left_before_cents,
        least(capped_cents, left_before_cents) as incentive_cents,
        if(
            is_fee_in_budget,
            least(asked_fee_cents, greatest(fee_limit_cents - drawn_before_cents - incentive_cents, 0)),
            due_fee_ex_vat_cents + due_vat_cents
        ) as fee_with_vat_cents
    from passed
)

select
    campaign_number,
    journey_number,
    cast(capped_cents as bigint) as capped_cents,
    cast(incentive_cents as bigint) as incentive_cents,
    cast(
        if(
            fee_with_vat_cents = due_fee_ex_vat_cents + due_vat_cents,
            due_fee_ex_vat_cents,
            {{ ex_vat('fee_with_vat_cents', 'vat_percent') }}
        ) as bigint
    ) as fee_ex_vat_cents,
    cast(fee_with_vat_cents - fee_ex_vat_cents as bigint) as vat_cents,
    cast(left_before_cents as bigint) as left_before_cents,
    capped_cents + asked_fee_cents > incentive_cents + if(is_fee_in_budget, fee_with_vat_cents, 0) as is_cut_by_budget
from drawn
