-- Invoices whose buyer has interrupted the term of payment, once, before it ended (208), for a piece that is missing:
-- a new term opens when all has come (209), or when the buyer goes on (code de la commande publique, articles
-- R. 2192-27 and R. 2192-29). Why: D-218.
with told as (
    select
        operator_id,
        reference,
        status_code,
        {{ local_day('stated_at') }} as told_on
    from {{ ref('invoice_statuses') }}
    where verdict = 'kept'
),

interrupted as (
    select
        operator_id,
        reference,
        min(told_on) as interrupted_on
    from told
    where status_code = '208'
    group by all
)

select
    interrupted.operator_id,
    interrupted.reference,
    interrupted.interrupted_on,
    -- Null: nothing has come yet.
    min(told.told_on) as completed_on
from interrupted
left join told
    on
        interrupted.operator_id = told.operator_id
        and interrupted.reference = told.reference
        and interrupted.interrupted_on <= told.told_on
        and told.status_code in ('204', '205', '206', '209', '211')
group by all
