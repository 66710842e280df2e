-- Why the next closing takes an entry back; null while it stands.
with facts as (
    select facts.*
    from {{ ref('int_journey_facts') }} as facts
    semi join {{ ref('int_standing_entries') }} as standing
        on facts.operator_id = standing.operator_id and facts.operator_journey_id = standing.operator_journey_id
)

select
    entries.* exclude (facts_digest),
    case
        when facts.outcome = 'cancelled' then 'cancellation'
        -- What a dossier says later (a departure, a suspension, a class) takes no closed money back (D-230).
        when facts.refusal_code in ('journey_outside_production', 'operator_not_granted') then null
        when facts.outcome != 'valid' then 'refusal' || coalesce(':' || facts.refusal_code, '')
        when facts.facts_digest != entries.facts_digest then 'correction'
    end as reversal_reason
from {{ ref('int_standing_entries') }} as entries
left join facts
    on entries.operator_id = facts.operator_id and entries.operator_journey_id = facts.operator_journey_id
