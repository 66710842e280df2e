-- name: beside
select
    operator_id,
    operator_journey_id,
    drop_id,
    drop_row,
    list_filter(refusal_codes, lambda code: code in ('too_close_trips', 'too_many_trips'))[1]
        as refusal_code
from active.int_accepted_journeys anti join gone using (operator_id, operator_journey_id)
where outcome != 'cancelled' and start_at < $until
order by all;

-- name: beside_a_person
with theirs as (
    select
        cast(timezone('Europe/Paris', start_at) as date) as start_on,
        unnest([driver_identity_key, passenger_identity_key]) as identity_key
    from of_person
)

select
    operator_id,
    operator_journey_id,
    drop_id,
    drop_row,
    list_filter(
        refusal_codes,
        lambda code: code in ('too_close_trips', 'too_many_trips') or starts_with(code, 'fraud_')
    )[1] as refusal_code
from active.journeys
where
    outcome = 'refused' and refusal_code is not null and exists (
        from
            theirs
        where
            abs(theirs.start_on - journeys.start_on) <= 1
            and theirs.identity_key in (journeys.driver_identity_key, journeys.passenger_identity_key)
    )
order by all;

-- name: final
-- Of months that have become final meanwhile.
select
    kept.operator_id,
    kept.operator_journey_id,
    kept.refusal_code as rule_code,
    cast(timezone('Europe/Paris', journeys.start_at) as date) as start_on
from kept
inner join held_journeys as journeys using (operator_id, operator_journey_id, drop_id, drop_row)
where
    starts_with(rule_code, 'fraud_') and rule_code != 'fraud_decision'
    and date_trunc('month', start_on) in (select month_on from held_fraud_counts);
