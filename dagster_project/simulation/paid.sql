-- name: paid
-- What the base has paid, by month of the journeys.
select
    journey_month_on as month_on,
    cast(sum(incentive_cents) as bigint) as incentive_cents,
    cast(sum(fee_ex_vat_cents + vat_cents) as bigint) as fee_cents
from finance.ledger_lines
where campaign_id = $campaign and journey_month_on between $first and $last
group by journey_month_on
order by journey_month_on;

-- name: reasons
-- Why the first variant gives something else than the base has paid; without a difference, no row.
with late as (
    select distinct
        operator_id,
        operator_journey_id
    from finance.ledger_lines
    where campaign_id = $campaign and reason = 'late'
),

base as (
    select
        incentives.journey_number,
        incentives.incentive_cents,
        incentives.fee_ex_vat_cents + incentives.vat_cents as fee_cents,
        incentives.is_cut_by_budget as is_cut,
        coalesce(incentives.incentive_closing, incentives.fee_closing) is not null as is_closed,
        late.operator_id is not null as is_late
    from campaigns.campaign_incentives as incentives
    left join late
        on
            incentives.operator_id = late.operator_id
            and incentives.operator_journey_id = late.operator_journey_id
    where
        incentives.campaign_id = $campaign
        and incentives.start_at >= $from_at and incentives.start_at < $until_at
),

compared as (
    select
        case
            when base.is_late then 'retard'
            when base.is_closed then 'clos'
            when base.is_cut or told.is_cut then 'enveloppe'
            else 'autre'
        end as reason,
        coalesce(told.incentive_cents, 0) - coalesce(base.incentive_cents, 0) as incentive_cents,
        coalesce(told.fee_cents, 0) - coalesce(base.fee_cents, 0) as fee_cents
    from base
    full outer join (
        from told
        where variant = 1
    ) as told on base.journey_number = told.journey_number
    union all
    select
        'hors_base',
        coalesce((select sum(incentive_cents) from base), 0) - coalesce(sum(incentive_cents), 0),
        coalesce((select sum(fee_cents) from base), 0) - coalesce(sum(fee_ex_vat_cents + vat_cents), 0)
    from finance.ledger_lines
    where campaign_id = $campaign and journey_month_on between $first and $last
)

select
    reason,
    cast(sum(incentive_cents) as bigint) as incentive_cents,
    cast(sum(fee_cents) as bigint) as fee_cents
from compared
where incentive_cents != 0 or fee_cents != 0
group by reason
order by reason;
