-- Two clocks on one line: journeys draw on their own day, calls and invoices on the night that closed them, advances on
-- the night of their step. Why: D-265.
with campaigns as (
    select
        campaign_id,
        is_fee_in_budget,
        cast('{{ var("business_date") }}' as date) as business_date
    from {{ source('catalogue', 'campaigns') }}
),

days as (
    select
        days.campaign_id,
        days.start_on as day_on,
        cast(date_trunc('month', days.start_on) as date) as month_on,
        sum(days.journeys) as journeys,
        sum(days.incentive_cents + if(campaigns.is_fee_in_budget, days.fee_cents, 0)) as drawn_cents
    from {{ ref('campaign_days') }} as days
    inner join campaigns on days.campaign_id = campaigns.campaign_id
    group by all
),

of_months as (
    select
        months.campaign_id,
        months.journey_month_on as month_on,
        sum(months.journeys) as journeys,
        sum(months.incentive_cents + if(campaigns.is_fee_in_budget, months.fee_cents, 0)) as drawn_cents
    from {{ ref('int_pot_months') }} as months
    inner join campaigns on months.campaign_id = campaigns.campaign_id
    group by all
),

-- What the ledger has of journeys that are no longer kept: their month is all that is known.
gone as (
    select
        campaign_id,
        month_on as day_on,
        of_months.journeys - coalesce(kept.journeys, 0) as journeys,
        of_months.drawn_cents - coalesce(kept.drawn_cents, 0) as drawn_cents
    from of_months
    left join (
        select
            campaign_id,
            month_on,
            sum(journeys) as journeys,
            sum(drawn_cents) as drawn_cents
        from days
        group by all
    ) as kept using (campaign_id, month_on)
),

moves as (
    select * exclude (month_on) from days
    union all by name
    select *
    from gone
    where journeys != 0 or drawn_cents != 0
    union all by name
    select
        campaign_id,
        business_date as day_on,
        incentive_cents as called_cents,
        fee_ex_vat_cents + vat_cents as invoiced_cents
    from {{ ref('stg_closings') }}
    union all by name
    select
        steps.campaign_id,
        steps.issued_on as day_on,
        coalesce(paid.paid_cents, steps.revision_cents) - steps.consumed_cents as held_cents
    from {{ ref('advance_steps') }} as steps
    left join {{ ref('int_advance_paid') }} as paid using (campaign_id, operator_id, statement_number)
    union all by name
    select
        campaign_id,
        business_date as day_on
    from campaigns
),

by_day as (
    select
        campaigns.campaign_id,
        {% for name in ["journeys", "drawn_cents", "called_cents", "invoiced_cents", "held_cents"] %}
            coalesce(sum(moves.{{ name }}), 0) as {{ name }},
        {% endfor %}
        least(moves.day_on, campaigns.business_date) as day_on
    from moves
    inner join campaigns on moves.campaign_id = campaigns.campaign_id
    group by all
)

select
    by_day.campaign_id,
    by_day.day_on,
    pots.pot_cents,
    {% for name in ["journeys", "drawn_cents", "called_cents", "invoiced_cents", "held_cents"] %}
        cast(sum(by_day.{{ name }}) over along as bigint) as {{ name }},
    {% endfor %}
    pots.pot_cents - cast(sum(by_day.drawn_cents) over along as bigint) as left_cents
from by_day
asof inner join {{ source('catalogue', 'campaign_pots') }} as pots
    on by_day.campaign_id = pots.campaign_id and by_day.day_on >= pots.from_on
window along as (partition by by_day.campaign_id order by by_day.day_on)
