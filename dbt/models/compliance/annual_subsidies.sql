-- Incentives only: the platform fee is the price of a service (CONVENTION 6.3), not a subsidy. From the ledger and
-- what is still to be closed, so that a year stays whole when retention takes its journeys.
with paid as (
    select
        campaigns.authority_id,
        lines.operator_id,
        year(lines.journey_month_on) as subsidy_year,
        cast(sum(lines.incentive_cents) as bigint) as incentive_cents
    from {{ ref('ledger_lines') }} as lines
    inner join {{ source('catalogue', 'campaigns') }} as campaigns on lines.campaign_id = campaigns.campaign_id
    where lines.kind = 'incentive' and lines.incentive_cents != 0
    group by all
),

signed as (
    select
        authority_id,
        operator_id,
        min(signed_on) as signed_on,
        arg_min(convention_reference, signed_on) as convention_reference
    from {{ source('catalogue', 'authority_conventions') }}
    where signed_on <= cast('{{ var("business_date") }}' as date)
    group by all
),

thresholds as (
    select * from {{ source('catalogue', 'convention_thresholds') }}
)

select
    paid.authority_id,
    paid.operator_id,
    paid.subsidy_year,
    paid.incentive_cents,
    thresholds.threshold_cents,
    signed.convention_reference,
    signed.signed_on,
    coalesce(signed.signed_on is null and paid.incentive_cents > thresholds.threshold_cents, false) as is_blocked,
    if(is_blocked, paid.incentive_cents - thresholds.threshold_cents, 0) as blocked_cents
from paid
asof left join thresholds on make_date(paid.subsidy_year, 1, 1) >= thresholds.from_on
left join signed on paid.authority_id = signed.authority_id and paid.operator_id = signed.operator_id
