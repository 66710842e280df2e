-- name: gone_entries
select
    closing_number,
    entry_number
from held_settlements
anti join (from held_journeys anti join gone using (drop_id, drop_row)) as kept
    using (operator_id, operator_journey_id)
order by all;

-- name: people_gone
-- How many rows of a file of people are of no journey that stays in the file beside it.
with kept as (
    from journeys_of_file anti join gone using (drop_id, drop_row)
)

select count(*)
from people_of_file
anti join (
    select
        drop_id,
        unnest([driver_identity_key, passenger_identity_key]) as identity_key
    from kept
) as known using (drop_id, identity_key);

-- name: gone_cancellations
with sent as (
    select
        journeys.operator_id,
        journeys.operator_journey_id,
        bool_or(gone.drop_id is null) as stays
    from held_journeys as journeys
    semi join held_cancellations using (operator_id, operator_journey_id)
    left join gone on journeys.drop_id = gone.drop_id and journeys.drop_row = gone.drop_row
    group by all
)

select
    cancellations.drop_id,
    cancellations.drop_row
from held_cancellations as cancellations
left join sent using (operator_id, operator_journey_id)
where
    not sent.stays or (
        sent.stays is null and (
            cancellations.dropped_at < $dropped_before
            or list_contains($ids, cancellations.operator_journey_id)
            or (cancellations.operator_id, cancellations.operator_journey_id) in (from named)
        )
    )
order by all;
