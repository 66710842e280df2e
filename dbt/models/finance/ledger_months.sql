-- All that calls and invoices sum, by the month of the journeys; the lines are many, and pages ask for months alone.
select
    campaign_id,
    operator_id,
    journey_month_on as month_on,
    reason,
    cast(coalesce(sum(tariff_cents), 0) as bigint) as tariff_cents,
    cast(coalesce(sum(capped_cents - tariff_cents), 0) as bigint) as cap_cut_cents,
    cast(coalesce(sum(incentive_cents - capped_cents), 0) as bigint) as budget_cut_cents,
    cast(sum(incentive_cents) as bigint) as incentive_cents,
    cast(sum(fee_ex_vat_cents) as bigint) as fee_ex_vat_cents,
    cast(sum(vat_cents) as bigint) as vat_cents,
    cast(coalesce(sum(seats) filter (where incentive_cents != 0), 0) as bigint) as paid_seats
from {{ ref('ledger_lines') }}
group by campaign_id, operator_id, journey_month_on, reason
