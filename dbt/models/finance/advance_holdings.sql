-- What each operator holds after tonight: what was really paid, where bank statements show it (D-245), less what calls
-- drew.
select
    steps.campaign_id,
    steps.operator_id,
    cast(sum(coalesce(paid.paid_cents, steps.revision_cents) - steps.consumed_cents) as bigint) as held_cents,
    arg_max(steps.expected_cents, steps.statement_number) as expected_cents,
    bool_or(steps.is_final) as is_ended
from {{ ref('advance_steps') }} as steps
left join {{ ref('int_advance_paid') }} as paid
    on
        steps.campaign_id = paid.campaign_id
        and steps.operator_id = paid.operator_id
        and steps.statement_number = paid.statement_number
group by all
