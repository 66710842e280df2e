-- name: versions
-- A stray shares neither a person nor the local day with the first row under its id.
create or replace temp view versions as
select
    *,
    driver_identity_key not in (
        first_value(driver_identity_key) over under_an_id, first_value(passenger_identity_key) over under_an_id
    )
    and passenger_identity_key not in (
        first_value(driver_identity_key) over under_an_id, first_value(passenger_identity_key) over under_an_id
    )
    and cast(timezone('Europe/Paris', start_at) as date)
    != cast(timezone('Europe/Paris', first_value(start_at) over under_an_id) as date) as is_stray
from deliveries
window under_an_id as (
    partition by operator_id, operator_journey_id
    order by dropped_at, drop_id, drop_row
);
