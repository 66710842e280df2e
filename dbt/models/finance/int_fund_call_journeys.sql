{{ config(
    materialized='by_month', meta={'day': 'period_start_on', 'closings': 'by_call'}, tags=['personal_data']
) }}
-- A journey's incentive and fee on one line of the call; what adjusts an earlier closing on lines of its own. Where the
-- journey was corrected after the month that closed its fee, the line says what its incentive is reckoned from.
select
    campaign_id,
    operator_id,
    call_start_on as period_start_on,
    call_end_on as period_end_on,
    journey_key,
    any_value(journey_digest) as journey_digest,
    movement,
    is_adjustment,
    max(reason) as reason,
    -- Its fee was invoiced in an earlier month; the journey was cancelled before its quarter closed.
    not bool_or(kind = 'incentive') and not is_adjustment as is_fee_only,
    {% for quantity in ['seats', 'distance_m', 'billed_m'] %}
        coalesce(max({{ quantity }}) filter (where kind = 'incentive'), max({{ quantity }})) as {{ quantity }},
    {% endfor %}
    max(table_number) filter (where kind = 'incentive') as table_number,
    max(band) filter (where kind = 'incentive') as band,
    max(failed_tests) filter (where kind = 'incentive') as failed_tests,
    bool_or(is_cut_by_budget) as is_cut_by_budget,
    cast(sum(tariff_cents) as bigint) as tariff_cents,
    cast(sum(capped_cents) as bigint) as capped_cents,
    cast(sum(incentive_cents) as bigint) as incentive_cents,
    cast(sum(fee_ex_vat_cents) as bigint) as fee_ex_vat_cents,
    cast(sum(vat_cents) as bigint) as vat_cents
from {{ lines_by_call() }}
group by campaign_id, operator_id, call_start_on, call_end_on, journey_key, movement, is_adjustment
