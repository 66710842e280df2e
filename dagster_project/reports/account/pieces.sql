-- name: pieces
select
    demands.campaign_id,
    campaigns.campaign_name as campagne,
    campaigns.convention_reference as convention,
    demands.reference as demande,
    demands.kind as nature,
    operators.operator_name as operateur,
    operators.siret,
    demands.sent_on as envoyee_le,
    cast(demands.asked_cents * cast(0.01 as decimal(3, 2)) as decimal(12, 2)) as montant_euros,
    if(
        demands.kind = 'advance' and demands.number > 0,
        [demands.document_id, 'appel/' || demands.operator_id || '/' || demands.period_start_on],
        [demands.document_id]
    ) as documents
from payments.demand_accounts as demands
inner join catalogue.campaigns as campaigns on demands.campaign_id = campaigns.campaign_id
inner join catalogue.operators as operators on demands.operator_id = operators.operator_id
where demands.authority_id = $authority_id and demands.sent_on is not null and demands.owed_cents != 0
order by demands.sent_on, demands.reference;
