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

-- Entries that a closing took back, or that the next one will, count no longer.
uses as (
    select uses.*
    from {{ ref('stg_cap_uses') }} as uses
    anti join (
        from {{ ref('stg_ledger_entries') }}
        where movement = 'reversal'
    ) as reversals
        on uses.closing_number = reversals.original_closing and uses.entry_number = reversals.original_entry
    anti join returned
        on uses.closing_number = returned.closing_number and uses.entry_number = returned.entry_number
),

caps as (
    select
        closings.campaign_id,
        uses.cap_id,
        uses.whose_key,
        uses.window_on,
        sum(uses.counted) as value
    from uses
    inner join {{ ref('stg_closings') }} as closings on uses.closing_number = closings.closing_number
    group by all
),

claims as (
    select
        closings.campaign_id,
        entries.journey_month_on,
        entries.incentive_cents,
        entries.fee_ex_vat_cents + entries.vat_cents as fee_cents
    from {{ ref('stg_ledger_entries') }} as entries
    inner join {{ ref('stg_closings') }} as closings on entries.closing_number = closings.closing_number
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
