-- Lines are many: they are summed by month once, for all that tells a pot.
select
    campaign_id,
    operator_id,
    journey_month_on,
    closing_number is not null as is_settled,
    cast(sum(incentive_cents) as bigint) as incentive_cents,
    cast(sum(fee_ex_vat_cents + vat_cents) as bigint) as fee_cents
from {{ ref('ledger_lines') }}
group by all
