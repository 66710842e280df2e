select
    campaign_id,
    operator_id,
    period_start_on,
    period_end_on,
    closing_number,
    issued_on,
    statement_number,
    is_final,
    forecast_cents,
    opening_cents,
    consumed_cents,
    opening_cents - consumed_cents as left_cents,
    revision_cents
from {{ ref('advance_steps') }}
where kind = 'call'
