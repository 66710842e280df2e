-- name: payments
select
    booked_on as date_operation,
    amount_cents as montant_centimes,
    array_to_string(named_references, ' ') as references_nommees,
    array_to_string(paid_references, ' ') as demandes_payees,
    matched_cents as rapproche_centimes,
    unmatched_cents as non_rapproche_centimes,
    surplus_cents as surplus_centimes,
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
    asked_cents as demande_centimes,
    carried_cents as repris_centimes,
    paid_cents as paye_centimes,
    rest_cents as reste_centimes,
    surplus_cents as surplus_centimes,
    days_late as jours_de_retard,
    interest_cents as interets_centimes,
    indemnity_cents as indemnite_centimes,
    status as code
from payments.demand_accounts
where operator_id = $operator_id
order by coalesce(sent_on, period_end_on), reference;
