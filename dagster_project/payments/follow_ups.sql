-- name: collected
-- Not of an invoice that was refused or rejected: its payment is between the parties.
select
    demands.campaign_id,
    demands.reference,
    demands.paid_on
from payments.demand_accounts as demands
anti join payments.invoice_statuses as told
    on demands.operator_id = told.operator_id and demands.reference = told.reference and told.status_code = '212'
where
    demands.kind = 'invoice'
    and demands.sent_on is not null
    and demands.owed_cents > 0
    and demands.rest_cents = 0
    and coalesce(demands.invoice_status, '') not in ('210', '213')
order by demands.operator_id, demands.number;
