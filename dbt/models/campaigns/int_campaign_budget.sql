{{ config(materialized='kept_whole', meta={'day': 'journey_on'}) }}
-- What closed journeys have drawn of each pot is known. A pot never pays beyond what it holds, nor do all of them
-- beyond the largest one so far; a pot without limit has a room that nobody asks for. Why: D-073.
with drawn_before as (
    select
        pots.campaign_number,
        pots.campaign_id,
        pots.pot,
        pots.from_at,
        coalesce(pots.pot_cents, {{ no_limit() }}) as pot_cents,
        sum(coalesce(opening.value, 0)) over upto as closed_cents,
        max(coalesce(pots.pot_cents, {{ no_limit() }})) over upto as largest_cents
    from {{ source('catalogue', 'campaign_pots') }} as pots
    left join {{ ref('opening_balances') }} as opening
        on
            pots.campaign_id = opening.campaign_id
            and opening.cap_id = 'budget'
            and pots.from_on = opening.window_on
    window upto as (
        partition by pots.campaign_number order by pots.pot rows between unbounded preceding and current row
    )
),

pots as (
    select
        drawn_before.campaign_number,
        drawn_before.pot,
        drawn_before.from_at,
        lead(drawn_before.from_at) over later as until_at,
        least(
            drawn_before.pot_cents - drawn_before.closed_cents,
            min(drawn_before.largest_cents - drawn_before.closed_cents) over (
                partition by drawn_before.campaign_number
                order by drawn_before.pot
                rows between 1 following and unbounded following
            )
        ) as room_cents,
        room_cents - coalesce(returned.value, 0) as fee_room_cents
    from drawn_before
    left join {{ ref('opening_balances') }} as returned
        on drawn_before.campaign_id = returned.campaign_id and returned.cap_id = 'budget_returned'
    window later as (partition by drawn_before.campaign_number order by drawn_before.pot)
),

-- An operator in franchise bears no VAT, until the day before its number came.
due as materialized (
    select
        pairs.campaign_number,
        pairs.journey_number,
        pots.pot,
        pots.room_cents,
        pots.fee_room_cents,
        campaigns.is_fee_in_budget,
        {{ local_day('journeys.start_at') }} as journey_on,
        case
            when exemptions.to_on is null then campaigns.vat_basis_points
            when cast(timezone(campaigns.time_zone, journeys.start_at) as date) <= exemptions.to_on then 0
            else campaigns.vat_basis_points
        end as rate_basis_points,
        coalesce(caps.capped_cents, 0) as capped_cents,
        if(
            verdicts.is_fee_due and settled.fee_closing is null, if(campaigns.is_fee_per_seat, journeys.seats, 1), 0
        ) as fee_units,
        fee_units * campaigns.fee_ex_vat_cents as due_fee_ex_vat_cents,
        fee_units * {{ vat('campaigns.fee_ex_vat_cents', 'rate_basis_points') }} as due_vat_cents,
        if(campaigns.is_fee_in_budget, due_fee_ex_vat_cents + due_vat_cents, 0) as asked_fee_cents
    from {{ ref('int_campaign_clauses') }} as pairs
    inner join {{ ref('int_campaign_verdicts') }} as verdicts
        on
            pairs.campaign_number = verdicts.campaign_number
            and pairs.clauses = verdicts.clauses
            and (verdicts.is_eligible or verdicts.is_fee_due)
    inner join {{ source('catalogue', 'campaigns') }} as campaigns on pairs.campaign_number = campaigns.campaign_number
    inner join {{ ref('int_evaluated_journeys') }} as journeys on pairs.journey_number = journeys.journey_number
    inner join pots
        on
            pairs.campaign_number = pots.campaign_number
            and journeys.start_at >= pots.from_at
            and (pots.until_at is null or journeys.start_at < pots.until_at)
    left join {{ source('catalogue', 'operator_vat_exemptions') }} as exemptions
        on journeys.operator_id = exemptions.operator_id
    left join {{ ref('int_campaign_caps') }} as caps
        on pairs.campaign_number = caps.campaign_number and pairs.journey_number = caps.journey_number
    left join {{ ref('int_settled_pairs') }} as settled
        on pairs.campaign_number = settled.campaign_number and pairs.journey_number = settled.journey_number
    where caps.capped_cents > 0 or due_fee_ex_vat_cents > 0
),

-- One pot for all operators, drawn in journey order: incentive first, then the fee with its VAT. What a cancelled
-- incentive gives back is claimed back by the next call only: until that has closed it pays incentives, no fee, for
-- fees are invoiced before. One pass per pot: what an empty one could not give, the next one does not owe.
{% for pot in range(1, (var('pot_positions') | int(4)) + 1) %}
    queued_{{ pot }} as materialized (
        select
            due.*,
            {{ 'coalesce(spent.cents, 0)' if pot > 1 else '0' }} as spent_cents,
            spent_cents + coalesce(sum(due.capped_cents + due.asked_fee_cents) over earlier, 0) as asked_before_cents,
            coalesce(sum(due.capped_cents) over earlier, 0) as capped_before_cents
        from due
        {% if pot > 1 %}left join spent_{{ pot - 1 }} as spent on due.campaign_number = spent.campaign_number{% endif %}
        where due.pot = {{ pot }}
        window
            earlier as (
                partition by due.campaign_number
                order by due.journey_number
                rows between unbounded preceding and 1 preceding
            )
    ),

    -- All is paid up to the journey that passes the fees' room; from there on incentives alone draw.
    passed_{{ pot }} as (
        select
            campaign_number,
            max(
                greatest(fee_room_cents, asked_before_cents + capped_cents) - capped_before_cents - capped_cents
            ) as cents
        from queued_{{ pot }}
        where
            asked_before_cents <= fee_room_cents
            and asked_before_cents + capped_cents + asked_fee_cents > fee_room_cents
        group by campaign_number
    ),

    drawn_{{ pot }} as materialized (
        select
            queued.*,
            if(
                asked_before_cents <= fee_room_cents,
                asked_before_cents,
                coalesce(passed.cents, spent_cents) + capped_before_cents
            ) as drawn_before_cents,
            greatest(room_cents - drawn_before_cents, 0) as left_before_cents,
            least(capped_cents, left_before_cents) as incentive_cents,
            if(
                is_fee_in_budget,
                least(asked_fee_cents, greatest(fee_room_cents - drawn_before_cents - incentive_cents, 0)),
                due_fee_ex_vat_cents + due_vat_cents
            ) as fee_with_vat_cents
        from queued_{{ pot }} as queued
        left join passed_{{ pot }} as passed on queued.campaign_number = passed.campaign_number
    ),

    spent_{{ pot }} as (
        select
            campaign_number,
            sum(cents) as cents
        from (
            {% if pot > 1 %}
                from spent_{{ pot - 1 }}
                union all
            {% endif %}
            select
                campaign_number,
                incentive_cents + if(is_fee_in_budget, fee_with_vat_cents, 0) as cents
            from drawn_{{ pot }}
        ) as paid
        group by campaign_number
    ),
{% endfor %}

drawn as (
    {% for pot in range(1, (var('pot_positions') | int(4)) + 1) %}
        from drawn_{{ pot }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    campaign_number,
    journey_number,
    journey_on,
    cast(capped_cents as bigint) as capped_cents,
    cast(incentive_cents as bigint) as incentive_cents,
    cast(
        if(
            fee_with_vat_cents = due_fee_ex_vat_cents + due_vat_cents,
            due_fee_ex_vat_cents,
            {{ ex_vat('fee_with_vat_cents', 'rate_basis_points') }}
        ) as bigint
    ) as fee_ex_vat_cents,
    cast(fee_with_vat_cents - fee_ex_vat_cents as bigint) as vat_cents,
    cast(due_fee_ex_vat_cents + due_vat_cents as bigint) as due_fee_cents,
    if(room_cents < {{ no_limit() }} // 2, cast(left_before_cents as bigint), null) as left_before_cents,
    capped_cents + asked_fee_cents > incentive_cents + if(is_fee_in_budget, fee_with_vat_cents, 0) as is_cut_by_budget
from drawn
