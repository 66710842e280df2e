-- All demands, tonight's too, with the day on which each went out and is due. An advance is an account: what was paid
-- beside an earlier step has been taken into a later one's opening, so the earlier one no longer asks for it.
-- An invoice that was replaced asks for nothing, nor does its credit note: what they asked for, the new one does.
with gaps as (
    select
        steps.campaign_id,
        steps.operator_id,
        steps.statement_number as number,
        steps.statement_number = max(steps.statement_number) over account as is_last,
        sum(steps.taken_over_cents) over account as taken_cents,
        greatest(
            sign(taken_cents) * (coalesce(paid.paid_cents, steps.revision_cents) - steps.revision_cents), 0
        ) as gap_cents
    from {{ ref('advance_steps') }} as steps
    left join {{ ref('int_advance_paid') }} as paid
        on
            steps.campaign_id = paid.campaign_id
            and steps.operator_id = paid.operator_id
            and steps.statement_number = paid.statement_number
    window account as (partition by steps.campaign_id, steps.operator_id)
),

ordered as (
    select
        *,
        if(
            is_last, 0,
            sign(taken_cents)
            * least(gap_cents, greatest(abs(taken_cents) - coalesce(sum(gap_cents) over earlier, 0), 0))
        ) as own_cents
    from gaps
    window earlier as (
        partition by campaign_id, operator_id order by number rows between unbounded preceding and 1 preceding
    )
),

carried as (
    select
        campaign_id,
        operator_id,
        number,
        if(is_last, taken_cents - sum(own_cents) over (partition by campaign_id, operator_id), own_cents)
            as carried_cents
    from ordered
),

tonight as (
    {{ advance_demands(ref('advances_due')) }}
),

demands as (
    select * from {{ ref('int_demands') }}
    union all by name
    select
        tonight.*,
        campaigns.authority_id
    from tonight
    inner join {{ source('catalogue', 'campaigns') }} as campaigns on tonight.campaign_id = campaigns.campaign_id
),

-- A call of tonight that tonight's advance pays asks for nothing.
asked as (
    select demands.*
    from demands
    anti join {{ ref('advance_steps') }} as steps
        on
            if(demands.kind = 'call', demands.campaign_id, null) = steps.campaign_id
            and demands.operator_id = steps.operator_id
            and demands.period_start_on = steps.period_start_on
            and steps.kind = 'call'
),

firsts as (
    select
        steps.campaign_id,
        steps.operator_id,
        greatest(cast(timezone(campaigns.time_zone, campaigns.start_at) as date), steps.agreed_on) as starts_on
    from {{ ref('advance_steps') }} as steps
    inner join {{ source('catalogue', 'campaigns') }} as campaigns on steps.campaign_id = campaigns.campaign_id
    where steps.statement_number = 0
),

-- What goes out tonight is known tomorrow: the same night again says the same.
documents as (
    select *
    from {{ ref('stg_issued_documents') }}
    where issued_on < cast('{{ var("business_date") }}' as date)
),

issued as (
    select
        *,
        exists(select 1 from documents) as is_known
    from (select cast('{{ var("business_date") }}' as date) as business_date)
)

select
    asked.reference,
    asked.kind,
    asked.campaign_id,
    asked.authority_id,
    asked.operator_id,
    cast(asked.number as bigint) as number,
    asked.document_id,
    asked.period_start_on,
    asked.period_end_on,
    asked.decided_on,
    -- What was held back has not gone out, and no term of payment runs.
    coalesce(
        documents.issued_on,
        if(asked.decided_on = issued.business_date or not issued.is_known, asked.decided_on, null)
    ) as sent_on,
    cast(sent_on + to_days(cast(campaigns.payment_days as integer)) as date) as first_due_on,
    case
        when asked.asked_cents <= 0 or asked.is_void then null
        -- At the start (CONVENTION 8.1); a request that goes out later has the term of any other demand (D-237).
        when sent_on < firsts.starts_on then firsts.starts_on
        -- The buyer waits for a piece: no term runs, or a new one does, of 30 days or what was left of the first.
        when terms.interrupted_on <= first_due_on
            then terms.completed_on + cast(greatest(first_due_on - terms.interrupted_on, 30) as integer)
        else first_due_on
    end as due_on,
    cast(asked.asked_cents as bigint) as asked_cents,
    cast(if(asked.is_void, -asked.asked_cents, coalesce(carried.carried_cents, 0)) as bigint) as carried_cents,
    cast(
        if(asked.is_void, 0, asked.asked_cents + coalesce(carried.carried_cents, 0)) as bigint
    ) as owed_cents
from asked
inner join {{ source('catalogue', 'campaigns') }} as campaigns on asked.campaign_id = campaigns.campaign_id
cross join issued
left join carried
    on
        if(asked.kind = 'advance', asked.campaign_id, null) = carried.campaign_id
        and asked.operator_id = carried.operator_id
        and asked.number = carried.number
left join firsts
    on
        if(asked.kind = 'advance' and asked.number = 0, asked.campaign_id, null) = firsts.campaign_id
        and asked.operator_id = firsts.operator_id
left join {{ ref('int_invoice_terms') }} as terms
    on asked.operator_id = terms.operator_id and asked.reference = terms.reference
left join documents
    on asked.campaign_id = documents.campaign_id and asked.document_id = documents.document_id
