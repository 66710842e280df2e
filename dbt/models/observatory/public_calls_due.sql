{% set is_told %}{{ may_be_told('sizes.journeys', 'sizes.journeys', 'sizes.most') }}{% endset %}
-- What the fund calls of a period claim, all operators together: looked at once, as a closed call never changes, and
-- while its journeys are there (D-285). One that may not be told has no amounts.
with calls as (
    select
        calls.campaign_id,
        calls.period_start_on,
        calls.period_end_on,
        cast(sum(calls.subsidised_journeys) as bigint) as subsidised_journeys,
        cast(sum(calls.incentive_cents) as bigint) as incentive_cents
    from {{ ref('fund_calls') }} as calls
    anti join {{ ref('stg_public_calls') }} as told
        on calls.campaign_id = told.campaign_id and calls.period_start_on = told.period_start_on
    where calls.is_closed
    group by all
),

lines as (
    select distinct
        calls.campaign_id,
        calls.period_start_on,
        lines.operator_id,
        lines.journey_key
    from calls
    inner join {{ ref('int_fund_call_journeys') }} as lines
        on calls.campaign_id = lines.campaign_id and calls.period_start_on = lines.period_start_on
    where lines.incentive_cents != 0
),

persons as (
    select
        campaign_id,
        period_start_on,
        person,
        count(distinct journey) as journeys
    from (
        select
            lines.campaign_id,
            lines.period_start_on,
            lines.operator_id || ' ' || lines.journey_key as journey,
            -- Of journeys that are no more, one person may have been in each.
            unnest([journeys.driver_identity_key, journeys.passenger_identity_key]) as person
        from lines
        left join {{ ref('journeys') }} as journeys
            on lines.operator_id = journeys.operator_id and lines.journey_key = journeys.operator_journey_id
    )
    group by campaign_id, period_start_on, person
),

sizes as (
    select
        lines.campaign_id,
        lines.period_start_on,
        count(*) as journeys,
        any_value(held.most) as most
    from lines
    inner join (
        select
            campaign_id,
            period_start_on,
            max(journeys) as most
        from persons
        group by campaign_id, period_start_on
    ) as held on lines.campaign_id = held.campaign_id and lines.period_start_on = held.period_start_on
    group by lines.campaign_id, lines.period_start_on
)

select
    calls.campaign_id,
    calls.period_start_on,
    calls.period_end_on,
    if({{ is_told }}, calls.subsidised_journeys, null) as subsidised_journeys,
    if({{ is_told }}, calls.incentive_cents, null) as incentive_cents
from calls
left join sizes on calls.campaign_id = sizes.campaign_id and calls.period_start_on = sizes.period_start_on
