-- What bank statements show of each step of an advance; a step without a row: none does.
select
    demands.campaign_id,
    demands.operator_id,
    demands.number as statement_number,
    cast(sum(shares.share_cents) as bigint) as paid_cents
from {{ ref('int_payment_shares') }} as shares
inner join {{ ref('int_demands') }} as demands
    on shares.operator_id = demands.operator_id and shares.reference = demands.reference
where demands.kind = 'advance'
group by all
