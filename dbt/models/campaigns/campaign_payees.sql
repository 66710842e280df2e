{{ config(materialized='by_month') }}
select
    pairs.campaign_number,
    pairs.journey_number,
    payees.payee,
    payees.passenger_percent,
    payees.article
from {{ ref('int_campaign_clauses') }} as pairs
inner join {{ source('catalogue', 'campaign_payees') }} as payees
    on
        pairs.campaign_number = payees.campaign_number
        and {{ in_force('pairs.clauses', 'payees.clause_mask') }}
qualify row_number() over (partition by pairs.campaign_number, pairs.journey_number order by payees.position) = 1
