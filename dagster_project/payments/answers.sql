-- name: payments
select
    booked_on as date_operation,
    amount_cents as montant_cents,
    array_to_string(named_references, ' ') as references_nommees,
    array_to_string(paid_references, ' ') as demandes_payees,
    matched_cents as rapproche_cents,
    unmatched_cents as non_rapproche_cents,
    surplus_cents,
    if(is_late, 'oui', 'non') as en_retard,
    coalesce(other_reference, '') as demande_du_meme_montant,
    verdict as code
from payments.payment_verdicts
where operator_id = $operator_id
order by booked_on, entry_key;

-- name: demands
select
    reference,
    campaign_id as campagne,
    period_start_on as periode_du,
    period_end_on as periode_au,
    sent_on as envoyee_le,
    due_on as echeance,
    known_until_on as releves_jusqu_au,
    asked_cents as demande_cents,
    carried_cents as repris_cents,
    paid_cents as paye_cents,
    rest_cents as reste_cents,
    surplus_cents,
    days_late as jours_de_retard,
    interest_cents as interets_cents,
    indemnity_cents as indemnite_cents,
    status as code
from payments.demand_accounts
where operator_id = $operator_id
order by coalesce(sent_on, period_end_on), reference;
