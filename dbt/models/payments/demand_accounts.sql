-- Where each demand stands tonight. Interest and indemnity run on invoices alone: the fee is the price of a service, an
-- incentive is a subvention that is passed on. Why: D-243. Interest: what was unpaid × days × rate / 365, half up once
-- for each invoice (D-244); the rate is that of the half-year in which it began to run (article R. 2192-31).
with parts as (
    select
        operator_id,
        reference,
        sum(share_cents) as paid_cents,
        sum(covered_cents) as covered_cents,
        max(booked_on) filter (where covered_cents != 0) as paid_on,
        sum(covered_cents * greatest(booked_on - due_on, 0)) as late_cent_days
    from {{ ref('payment_parts') }}
    group by all
),

-- What its buyer refused, or a platform rejected, and nobody has paid asks for nothing: the invoice that replaces it
-- will (D-218).
refused as (
    select
        states.operator_id,
        states.reference,
        demands.owed_cents - coalesce(parts.covered_cents, 0) as withdrawn_cents
    from {{ ref('invoice_states') }} as states
    inner join {{ ref('demands') }} as demands
        on states.operator_id = demands.operator_id and states.reference = demands.reference
    left join parts on states.operator_id = parts.operator_id and states.reference = parts.reference
    where states.status_code in ('210', '213') and withdrawn_cents > 0
),

demands as (
    select
        demands.* replace (
            demands.carried_cents - coalesce(refused.withdrawn_cents, 0) as carried_cents,
            demands.owed_cents - coalesce(refused.withdrawn_cents, 0) as owed_cents,
            if(refused.reference is null, demands.due_on, null) as due_on
        ),
        refused.reference is not null as is_refused,
        known.seen_on,
        known.known_until_on,
        coalesce(parts.paid_cents, 0) as paid_cents,
        coalesce(parts.covered_cents, 0) as covered_cents,
        demands.owed_cents - coalesce(parts.covered_cents, 0) - coalesce(refused.withdrawn_cents, 0) as rest_cents,
        parts.paid_on,
        parts.operator_id is not null as is_registered,
        if(refused.reference is null, coalesce(parts.late_cent_days, 0), 0)
        + greatest(rest_cents, 0) * coalesce(greatest(known.known_until_on - demands.due_on, 0), 0) as late_cent_days,
        -- First day of the half-year in which interest begins to run: the day after the term.
        make_date(year(demands.due_on + 1), if(month(demands.due_on + 1) > 6, 7, 1), 1) as rated_on,
        coalesce(demands.due_on, demands.decided_on) as ruled_on,
        states.status_code as invoice_status
    from {{ ref('demands') }} as demands
    left join parts on demands.operator_id = parts.operator_id and demands.reference = parts.reference
    left join refused on demands.operator_id = refused.operator_id and demands.reference = refused.reference
    left join {{ ref('int_known_demands') }} as known
        on demands.operator_id = known.operator_id and demands.reference = known.reference
    left join {{ ref('invoice_states') }} as states
        on demands.operator_id = states.operator_id and demands.reference = states.reference
),

rated as (
    select
        demands.*,
        demands.kind = 'invoice' and demands.late_cent_days > 0 as bears_interest,
        if(demands.rated_on <= rates.to_on, rates.rate_basis_points + rules.added_basis_points, null)
            as rate_basis_points,
        rules.indemnity_cents as indemnity_of_rule_cents
    from demands
    asof left join {{ source('catalogue', 'refinancing_rates') }} as rates on demands.rated_on >= rates.from_on
    asof left join {{ source('catalogue', 'late_payment_rules') }} as rules on demands.ruled_on >= rules.from_on
)

select
    reference,
    kind,
    campaign_id,
    authority_id,
    operator_id,
    number,
    document_id,
    period_start_on,
    period_end_on,
    sent_on,
    due_on,
    asked_cents,
    carried_cents,
    owed_cents,
    cast(paid_cents as bigint) as paid_cents,
    cast(covered_cents as bigint) as covered_cents,
    cast(rest_cents as bigint) as rest_cents,
    cast(paid_cents - covered_cents as bigint) as surplus_cents,
    paid_on,
    is_registered,
    seen_on,
    known_until_on,
    if(
        late_cent_days > 0, cast(if(rest_cents > 0, known_until_on, paid_on) - due_on as bigint), 0
    ) as days_late,
    if(bears_interest, rate_basis_points, null) as rate_basis_points,
    -- Null: the central bank's rate of that half-year is not written down yet.
    if(
        bears_interest, cast({{ half_up('late_cent_days * rate_basis_points', '3650000') }} as bigint), 0
    ) as interest_cents,
    if(bears_interest, indemnity_of_rule_cents, 0) as indemnity_cents,
    case
        when sent_on is null then 'held'
        when is_refused then 'refused'
        when paid_cents != covered_cents then 'overpaid'
        when owed_cents = 0 then 'nothing'
        when rest_cents = 0 and paid_on > due_on then 'paid_late'
        when rest_cents = 0 then 'paid'
        when covered_cents != 0 then 'partial'
        when owed_cents < 0 then 'to_return'
        when kind = 'invoice' and due_on is null then 'interrupted'
        when due_on < known_until_on then 'missing'
        when due_on < cast('{{ var("business_date") }}' as date) then 'unseen'
        else 'open'
    end as status,
    invoice_status
from rated
