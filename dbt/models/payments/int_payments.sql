-- A line of the bank is one, on however many statements it stands: which reading of it counts does not depend on the
-- order in which they came. Why: D-240.
select
    operator_id,
    entry_key,
    booked_on,
    amount_cents,
    payer_id,
    named_references
from {{ ref('stg_payments') }}
qualify row_number() over (
    partition by operator_id, entry_key
    order by payer_id is null, payer_id, booked_on, amount_cents, named_references, statement_id
) = 1
