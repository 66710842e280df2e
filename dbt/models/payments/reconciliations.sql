-- Declared by the operator, computed here, paid by the authority: three ways to the same incentives. What banks show of
-- a campaign's advances and calls pays its closed months from the oldest on (D-246).
with declared as (
    select
        campaign_id,
        operator_id,
        month_on,
        sum(declared_cents) as declared_cents,
        sum(computed_cents) as granted_cents
    from {{ ref('reconciliation_reasons') }}
    where campaign_id is not null
    group by all
),

claimed as (
    select
        campaign_id,
        operator_id,
        cast(date_trunc('month', journey_month_on) as date) as month_on,
        sum(incentive_cents) as computed_cents,
        coalesce(sum(incentive_cents) filter (where closing_number is not null), 0) as closed_cents,
        -- What retention has taken the journey of is in the ledger alone.
        coalesce(sum(incentive_cents) filter (where operator_journey_id is null), 0) as forgotten_cents
    from {{ ref('ledger_lines') }}
    where kind = 'incentive'
    group by all
),

paid as (
    select
        campaign_id,
        operator_id,
        sum(paid_cents) as paid_cents,
        max(seen_on) as seen_on
    from {{ ref('demand_accounts') }}
    where kind != 'invoice'
    group by all
),

months as (
    select
        coalesce(claimed.campaign_id, declared.campaign_id) as campaign_id,
        coalesce(claimed.operator_id, declared.operator_id) as operator_id,
        coalesce(claimed.month_on, declared.month_on) as month_on,
        coalesce(declared.declared_cents, 0) as declared_cents,
        coalesce(claimed.computed_cents, 0) as computed_cents,
        coalesce(claimed.closed_cents, 0) as closed_cents,
        coalesce(claimed.forgotten_cents, 0) as forgotten_cents,
        coalesce(declared.granted_cents, 0) as granted_cents
    from claimed
    full outer join declared
        on
            claimed.campaign_id = declared.campaign_id
            and claimed.operator_id = declared.operator_id
            and claimed.month_on = declared.month_on
),

followed as (
    select
        *,
        coalesce(sum(greatest(closed_cents, 0)) over (
            partition by campaign_id, operator_id order by month_on rows between unbounded preceding and 1 preceding
        ), 0) as before_cents
    from months
)

select
    campaigns.authority_id,
    followed.campaign_id,
    followed.operator_id,
    followed.month_on,
    cast(followed.declared_cents as bigint) as declared_cents,
    cast(followed.computed_cents as bigint) as computed_cents,
    cast(followed.forgotten_cents as bigint) as forgotten_cents,
    cast(followed.computed_cents - followed.forgotten_cents - followed.granted_cents as bigint) as unexplained_cents,
    cast(followed.closed_cents as bigint) as closed_cents,
    cast(followed.computed_cents - followed.closed_cents as bigint) as open_cents,
    cast(
        least(greatest(coalesce(paid.paid_cents, 0) - followed.before_cents, 0), greatest(followed.closed_cents, 0))
        as bigint
    ) as paid_cents,
    cast(
        greatest(followed.closed_cents, 0)
        - least(greatest(coalesce(paid.paid_cents, 0) - followed.before_cents, 0), greatest(followed.closed_cents, 0))
        as bigint
    ) as unpaid_cents,
    paid.seen_on
from followed
inner join {{ source('catalogue', 'campaigns') }} as campaigns on followed.campaign_id = campaigns.campaign_id
left join paid on followed.campaign_id = paid.campaign_id and followed.operator_id = paid.operator_id
