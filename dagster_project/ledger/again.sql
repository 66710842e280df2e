-- name: standing
with again as materialized (
    select
        entries.closing_number,
        entries.entry_number,
        came.operator_id,
        came.operator_journey_id
    from held_ledger_entries as entries
    inner join came using (operator_id, journey_digest)
    where entries.movement = 'entry' and entries.closing_number in (select closing_number from held_closings)
)

select again.*
from again
anti join held_ledger_entries as reversals
    on
        reversals.movement = 'reversal'
        and again.closing_number = reversals.original_closing
        and again.entry_number = reversals.original_entry
anti join held_settlements as settlements
    on again.closing_number = settlements.closing_number and again.entry_number = settlements.entry_number
order by all;
