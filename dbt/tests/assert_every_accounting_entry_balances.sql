{{ config(meta={'dagster': {'ref': {'name': 'accounting_entries'}}}) }}
-- Debit is credit in every entry, and an operator's receivables are what demands ask for, less what later ones have
-- taken over of them (D-255).
with entries as (
    select
        operator_id,
        journal_code,
        entry_number,
        sum(debit_cents - credit_cents) as off_cents
    from {{ ref('accounting_entries') }}
    group by all
    having off_cents != 0
),

booked as (
    select
        operator_id,
        sum(debit_cents - credit_cents) filter (where account in ('411000', '467100')) as cents
    from {{ ref('accounting_entries') }}
    group by operator_id
),

asked as (
    select
        operator_id,
        sum(asked_cents + carried_cents) as cents
    from {{ ref('demands') }}
    group by operator_id
)

select operator_id from entries
union all
select booked.operator_id
from booked
full join asked on booked.operator_id = asked.operator_id
where coalesce(booked.cents, 0) != coalesce(asked.cents, 0)
