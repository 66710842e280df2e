{{ config(materialized='by_month', tags=['personal_data']) }}
with paid as (
    select
        incentives.campaign_id,
        incentives.journey_number,
        incentives.operator_id,
        incentives.operator_journey_id,
        incentives.start_on,
        incentives.incentive_closing,
        incentives.seats,
        incentives.incentive_cents,
        incentives.incentive_cents
        - {{ passenger_cents('incentives.incentive_cents', 'payees.passenger_percent') }} as driver_cents,
        payees.payee,
        journeys.driver_revenue_cents
    from {{ ref('campaign_incentives') }} as incentives
    inner join {{ source('catalogue', 'campaigns') }} as campaigns on incentives.campaign_id = campaigns.campaign_id
    inner join {{ ref('campaign_payees') }} as payees
        on
            campaigns.campaign_number = payees.campaign_number
            and incentives.journey_number = payees.journey_number
    inner join {{ ref('int_evaluated_journeys') }} as journeys on incentives.journey_number = journeys.journey_number
    where incentives.incentive_cents > 0
)

-- Revenue is one amount, whoever pays: it is held against all that campaigns give the driver. Each campaign is told
-- the most that may be missing of its own. Why: D-220.
select
    *,
    cast(
        least(
            driver_cents,
            greatest(sum(driver_cents) over (partition by journey_number) - driver_revenue_cents, 0)
        ) as bigint
    ) as missing_cents
from paid
