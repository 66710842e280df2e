-- name: state
select
    states.*,
    max(invoices.invoice_number) as last_number
from payments.invoice_states as states
inner join finance.fee_invoices as invoices on states.operator_id = invoices.operator_id
where states.reference = $reference
group by all;
