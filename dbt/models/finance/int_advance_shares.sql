-- What each operator is to hold after tonight, and its share where the pot's rest is too small for all (article 8.1
-- within 6.1): the pot, less all that closings have settled, is never passed by what is paid ahead. Why: D-120.
with campaigns as (
    select
        *,
        cast('{{ var("business_date") }}' as date) as business_date
    from {{ source('catalogue', 'campaigns') }}
),

closed as (
    select
        campaign_id,
        sum(incentive_cents) as incentive_cents,
        sum(fee_ex_vat_cents + vat_cents) as fee_cents,
        max(period_end_on) filter (where kind = 'incentive') as called_until_on
    from {{ ref('stg_closings') }}
    group by campaign_id
),

-- What is left, on a night that has closed what was due.
pots as (
    select
        campaigns.campaign_id,
        campaigns.is_advance_revised,
        campaigns.is_advance_shared_equally,
        greatest(
            pots.pot_cents
            - coalesce(closed.incentive_cents + if(campaigns.is_fee_in_budget, closed.fee_cents, 0), 0),
            0
        ) as pot_left_cents,
        -- Where it goes on until the pot is empty, no date ends the operation.
        coalesce(pot_left_cents = 0, false)
        or coalesce(not campaigns.is_until_empty and closed.called_until_on >= campaigns.closes_until_on, false)
            as is_over
    from campaigns
    -- The pot as it stands tonight; without a limit, none.
    asof inner join {{ source('catalogue', 'campaign_pots') }} as pots
        on campaigns.campaign_id = pots.campaign_id and campaigns.business_date >= pots.from_on
    left join closed on campaigns.campaign_id = closed.campaign_id
),

calls as (
    select
        campaign_id,
        operator_id,
        sum(consumed_cents) as drawn_cents,
        arg_max(next_cents, closing_number) as next_cents
    from {{ ref('int_advance_calls') }}
    group by all
),

-- Another forecast agreed within the period that is under way.
amendments as (
    select
        accounts.campaign_id,
        accounts.operator_id,
        max(forecasts.from_on) as amended_on,
        arg_max(forecasts.forecast_cents, forecasts.from_on) as amended_cents
    from {{ ref('int_advance_accounts') }} as accounts
    inner join {{ source('catalogue', 'campaign_forecasts') }} as forecasts
        on
            accounts.campaign_id = forecasts.campaign_id
            and accounts.operator_id = forecasts.operator_id
            and accounts.agreed_on < forecasts.from_on
            and accounts.business_date >= forecasts.from_on
    inner join {{ ref('open_periods') }} as periods
        on
            accounts.campaign_id = periods.campaign_id
            and periods.kind = 'incentive'
            and forecasts.from_on between periods.period_start_on and periods.period_end_on
    group by all
),

claims as (
    select
        accounts.*,
        pots.* exclude (campaign_id),
        amendments.amended_on,
        calls.campaign_id is not null as is_called,
        accounts.held_cents - coalesce(calls.drawn_cents, 0)
        + if(accounts.is_new and is_called, accounts.expected_cents, 0) as before_cents,
        accounts.is_ended
        or (is_called and pots.is_over)
        or (accounts.has_left and not accounts.has_open_lines) as ends,
        case
            when ends then 0
            when accounts.has_left and is_called then accounts.open_cents
            when is_called and pots.is_advance_revised then calls.next_cents
            when amendments.amended_on is not null and not accounts.has_left then amendments.amended_cents
            when accounts.is_new and not is_called then accounts.expected_cents
            else greatest(before_cents, 0)
        end as expects_cents,
        if(accounts.is_new and not is_called, 2, 1) as turn
    from {{ ref('int_advance_accounts') }} as accounts
    inner join pots on accounts.campaign_id = pots.campaign_id
    left join calls on accounts.campaign_id = calls.campaign_id and accounts.operator_id = calls.operator_id
    left join amendments
        on accounts.campaign_id = amendments.campaign_id and accounts.operator_id = amendments.operator_id
    where not (accounts.is_new and (accounts.has_left or pots.is_over))
),

-- Who holds an advance comes first; a first payment takes of what is left.
turns as (
    select
        *,
        if(is_advance_shared_equally, 1, expects_cents) as weight,
        greatest(pot_left_cents - if(
            turn = 1, 0, coalesce(sum(expects_cents) filter (where turn = 1) over (partition by campaign_id), 0)
        ), 0) as rest_cents
    from claims
),

-- Smallest wish per weight first: whoever's wish fits in its part of what is left has it whole.
served as (
    select
        *,
        coalesce(
            expects_cents
            * sum(cast(weight as hugeint)) over (smallest rows between current row and unbounded following)
            <= weight * (
                rest_cents
                - coalesce(sum(expects_cents) over (smallest rows between unbounded preceding and 1 preceding), 0)
            ),
            true
        ) as is_served
    from turns
    window
        smallest as (
            partition by campaign_id, turn
            order by if(is_advance_shared_equally, expects_cents, 0), operator_id
        )
),

-- The others share the rest by weight; the cents that no division gives go to the largest remainders.
shared as (
    select
        *,
        rest_cents - coalesce(sum(expects_cents) filter (where is_served) over of_turn, 0) as shared_cents,
        sum(cast(weight as hugeint)) filter (where not is_served) over of_turn as weights,
        if(is_served, expects_cents, shared_cents * weight // weights) as whole_cents,
        if(is_served, 0, shared_cents * weight % weights) as remainder
    from served
    window of_turn as (partition by campaign_id, turn)
)

select
    * exclude (turn, weight, rest_cents, is_served, shared_cents, weights, whole_cents, remainder),
    cast(whole_cents + if(
        not is_served
        and row_number() over (partition by campaign_id, turn, is_served order by remainder desc, operator_id asc)
        <= shared_cents - sum(whole_cents) filter (where not is_served) over (partition by campaign_id, turn),
        1, 0
    ) as bigint) as share_cents
from shared
