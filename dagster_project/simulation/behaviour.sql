-- name: behaviour
-- In millionths of a journey: each as often as the assumption says for what it gets more or less, never less than 0.
-- Incentive and fee as they are asked of the pot.
with weighed as (
    select
        told.month_on,
        told.capped_cents,
        if(verdicts.is_fee_due, if(campaigns.is_fee_per_seat, journeys.seats, 1), 0) * (
            campaigns.fee_ex_vat_cents
            + (
                2 * campaigns.fee_ex_vat_cents
                * if(exemptions.to_on is null, coalesce(campaigns.vat_basis_points, 0), 0)
                + 10000
            ) // 20000
        ) as fee_cents,
        greatest(1000000 + $points * (told.incentive_cents - told.first_cents), 0) as weight
    from told
    inner join variants.catalogue.campaigns as campaigns on told.variant = campaigns.campaign_number
    inner join variants.active.int_evaluated_journeys as journeys on told.journey_number = journeys.journey_number
    left join variants.campaigns.int_campaign_clauses as clauses
        on told.variant = clauses.campaign_number and told.journey_number = clauses.journey_number
    left join variants.campaigns.int_campaign_verdicts as verdicts
        on clauses.campaign_number = verdicts.campaign_number and clauses.clauses = verdicts.clauses
    left join variants.catalogue.operator_vat_exemptions as exemptions
        on
            told.operator_id = exemptions.operator_id
            and cast(timezone(campaigns.time_zone, told.start_at) as date) <= exemptions.to_on
    where told.variant = $variant
)

select
    month_on,
    cast((sum(weight) + 500000) // 1000000 as bigint) as journeys,
    count(*) as journeys_without,
    cast((sum(cast(weight as hugeint) * capped_cents) + 500000) // 1000000 as bigint) as incentive_cents,
    cast((sum(cast(weight as hugeint) * fee_cents) + 500000) // 1000000 as bigint) as fee_cents
from weighed
group by month_on
order by month_on;
