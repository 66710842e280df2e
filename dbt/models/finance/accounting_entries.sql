-- What an operator writes into its books of each document that a closing or a step of an advance has made: sums of the
-- ledger's lines. Incentives are other people's money: they pass through 467, and advances with them; the fee is the
-- operator's own. Numbers run without gap in each journal, as closings follow one another. Why: D-255, D-256.
with calls as (
    select
        calls.*,
        row_number() over (partition by calls.operator_id order by calls.closing_number) as entry_number
    from {{ ref('fund_calls') }} as calls
    where calls.is_closed and calls.incentive_cents != 0
),

steps as (
    select
        *,
        row_number() over (
            partition by operator_id order by issued_on, campaign_id, statement_number
        ) as entry_number
    from {{ ref('advance_steps') }}
    where revision_cents != 0 or consumed_cents != 0 or taken_over_cents != 0
),

documents as (
    select
        'VE' as journal_code,
        campaign_id,
        operator_id,
        invoice_number as entry_number,
        'facture' as document,
        upper(replace(operator_id, '_', '-')) || '-' || lpad(cast(invoice_number as varchar), 5, '0') as piece,
        issued_on as entry_on,
        period_start_on,
        period_end_on,
        [
            { 'account': '411000', 'cents': total_cents },
            { 'account': '706000', 'cents': -fee_ex_vat_cents },
            { 'account': '445710', 'cents': -vat_cents }
        ] as entries
    from {{ ref('fee_invoices') }}
    union all
    select
        'IN' as journal_code,
        campaign_id,
        operator_id,
        entry_number,
        'appel' as document,
        {{ demand_reference("'appel_' || campaign_id || '_' || operator_id", "call_number", 2) }} as piece,
        closed_on as entry_on,
        period_start_on,
        period_end_on,
        [
            { 'account': '467100', 'cents': incentive_cents },
            { 'account': '467200', 'cents': -incentive_cents }
        ] as entries
    from calls
    union all
    select
        'AV' as journal_code,
        campaign_id,
        operator_id,
        entry_number,
        'acompte' as document,
        {{ demand_reference("'acompte_' || campaign_id || '_' || operator_id", "statement_number", 2) }} as piece,
        issued_on as entry_on,
        period_start_on,
        period_end_on,
        -- The authority is asked for the revision; what the call draws, and what is taken over, is asked of it no more.
        [
            { 'account': '467100', 'cents': revision_cents - consumed_cents + taken_over_cents },
            { 'account': '467300', 'cents': consumed_cents - revision_cents - taken_over_cents }
        ] as entries
    from steps
),

lines as (
    select
        * exclude (entries),
        unnest(range(1, len(entries) + 1)) as line_number,
        unnest(entries, recursive := true)
    from documents
)

select
    * exclude (cents),
    cast(greatest(cents, 0) as bigint) as debit_cents,
    cast(greatest(-cents, 0) as bigint) as credit_cents
from lines
where cents != 0
