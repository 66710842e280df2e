{{ config(materialized='kept_whole') }}
-- What closed journeys have used of caps and pot, less what is back once the open call has closed.
-- Why: D-084, D-090, D-186.
with returned as (
    select
        entries.*,
        opened.period_end_on <= calls.period_end_on as is_back_with_the_call
    from {{ ref('settled_entries') }} as entries
    inner join {{ ref('open_periods') }} as opened
        on entries.campaign_id = opened.campaign_id and entries.kind = opened.kind
    inner join {{ ref('open_periods') }} as calls
        on entries.campaign_id = calls.campaign_id and calls.kind = 'incentive'
    where entries.reversal_reason is not null
),

-- Of windows that an unsettled journey may ask for.
asked as (
    select distinct
        caps.campaign_id,
        caps.cap_id,
        {{ window_on() }} as window_on
    from (select distinct slot from {{ ref('int_asking_journeys') }}) as journeys
    inner join {{ ref('int_local_times') }} as times on journeys.slot = times.slot
    inner join {{ source('catalogue', 'campaign_caps') }} as caps on times.time_zone = caps.time_zone
),

-- What the next closing takes back counts no longer.
uses as (
    select
        campaign_id,
        cap_id,
        whose_key,
        window_on,
        counted
    from {{ ref('int_settled_uses') }}
    union all
    select
        returned.campaign_id,
        uses.cap_id,
        uses.whose_key,
        uses.window_on,
        -uses.counted
    from {{ ref('stg_cap_uses') }} as uses
    inner join returned on uses.closing_number = returned.closing_number and uses.entry_number = returned.entry_number
),

caps as (
    select
        campaign_id,
        cap_id,
        whose_key,
        window_on,
        sum(counted) as value
    from uses
    semi join asked using (campaign_id, cap_id, window_on)
    group by all
    having sum(counted) != 0
),

claims as (
    select
        campaign_id,
        journey_month_on,
        incentive_cents,
        fee_cents
    from {{ ref('int_closed_claims') }}
    union all
    select
        campaign_id,
        journey_month_on,
        -incentive_cents,
        -(fee_ex_vat_cents + vat_cents)
    from returned
    where is_back_with_the_call
),

-- Of each pot by itself: an amendment starts with a month.
pots as (
    select
        claims.campaign_id,
        'budget' as cap_id,
        '' as whose_key,
        pots.from_on as window_on,
        sum(claims.incentive_cents + if(campaigns.is_fee_in_budget, claims.fee_cents, 0)) as value
    from claims
    asof inner join {{ source('catalogue', 'campaign_pots') }} as pots
        on claims.campaign_id = pots.campaign_id and claims.journey_month_on >= pots.from_on
    inner join {{ source('catalogue', 'campaigns') }} as campaigns on claims.campaign_id = campaigns.campaign_id
    group by claims.campaign_id, pots.from_on
),

-- What the next call takes back, part of what the pot has left.
given_back as (
    select
        campaign_id,
        'budget_returned' as cap_id,
        '' as whose_key,
        date '0001-01-01' as window_on,
        sum(incentive_cents) as value
    from returned
    where kind = 'incentive'
    group by campaign_id
)

select * replace (cast(value as bigint) as value) from caps
union all
select * replace (cast(value as bigint) as value) from pots
union all
select * replace (cast(value as bigint) as value) from given_back
