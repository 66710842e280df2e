{{ config(meta={'dagster': {'ref': {'name': 'drop_accounts'}}}) }}
-- Every row ends in exactly one place (an operator once asked why 5 of its 1 300 journeys were gone), or was erased
-- by an order that retention wrote down first (killed half-way, less is gone than was ordered).
select accounts.drop_id
from {{ ref('drop_accounts') }} as accounts
left join {{ source('lake', 'erased_rows') }} as erased on accounts.drop_id = erased.drop_id
where
    accounts.rows
    - accounts.rejected_rows - accounts.new_journeys - accounts.corrections - accounts.cancellations
    - accounts.duplicates - accounts.strays - accounts.unknown_cancellations
    not between 0 and coalesce(erased.erased_rows, 0)
