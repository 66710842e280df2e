{{ config(materialized='by_month') }}
-- How each amount came about is worked out again for whoever asks (campaign_tariff_steps): writing it for
-- millions of journeys costs more than the arithmetic.
select
    campaign_number,
    journey_number,
    clauses,
    seats,
    billed_m,
    band,
    tariff_cents
from ({{ tariff_steps(ref('int_month_verdicts')) }})
