-- What no later closing has taken back. An entry whose journey retention has taken stands for ever.
with entries as (
    select
        closings.campaign_id,
        closings.kind,
        entries.*
    from {{ ref('stg_ledger_entries') }} as entries
    inner join {{ ref('stg_closings') }} as closings on entries.closing_number = closings.closing_number
),

standing as (
    select entries.* exclude (movement, original_closing, original_entry, journey_digest)
    from entries
    anti join (
        from entries
        where movement = 'reversal'
    ) as reversals
        on entries.closing_number = reversals.original_closing and entries.entry_number = reversals.original_entry
    where entries.movement = 'entry'
)

select
    standing.*,
    settlements.operator_journey_id,
    settlements.facts_digest
from standing
inner join {{ ref('stg_settlements') }} as settlements
    on standing.closing_number = settlements.closing_number and standing.entry_number = settlements.entry_number
