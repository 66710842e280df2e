-- Lines are many: they are summed by month once, for all that tells a pot and its months.
select
    campaign_id,
    operator_id,
    journey_month_on,
    closing_number is not null as is_settled,
    is_adjustment,
    cast(
        coalesce(sum(if(movement = 'reversal', -1, 1)) filter (where kind = 'incentive'), 0) as bigint
    ) as journeys,
    cast(coalesce(sum(seats) filter (where kind = 'incentive' and incentive_cents != 0), 0) as bigint) as paid_seats,
    cast(coalesce(sum(tariff_cents), 0) as bigint) as tariff_cents,
    cast(coalesce(sum(capped_cents - tariff_cents), 0) as bigint) as cap_cut_cents,
    cast(coalesce(sum(incentive_cents - capped_cents), 0) as bigint) as budget_cut_cents,
    cast(sum(incentive_cents) as bigint) as incentive_cents,
    cast(sum(fee_ex_vat_cents + vat_cents) as bigint) as fee_cents
from {{ ref('ledger_lines') }}
group by all
