-- name: invoices
select
    reference as facture,
    issued_on as emise_le,
    campaign_id as campagne,
    authority_id as acheteur,
    period_start_on as periode_du,
    period_end_on as periode_au,
    total_cents as montant_ttc_cents,
    status_code as statut_code,
    strftime(timezone('Europe/Paris', stated_at), '%Y-%m-%d %H:%M') as depuis,
    reason_codes as motifs,
    approved_cents as montant_approuve_cents,
    replaces as remplace,
    replaced_by as remplacee_par
from payments.invoice_states
where operator_id = $operator_id
order by invoice_number;

-- name: statuses
select
    reference as facture,
    strftime(timezone('Europe/Paris', stated_at), '%Y-%m-%d %H:%M') as date_du_statut,
    status_code as statut_code,
    reason_codes as motifs,
    if(is_ours, 'oui', 'non') as ecrit_par_le_registre,
    verdict as sort
from payments.invoice_statuses
where operator_id = $operator_id
order by reference, stated_at, status_code;
