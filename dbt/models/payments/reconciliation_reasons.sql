-- Why declared and computed differ, counted. Months are those of the journeys, local to their campaign.
select
    authority_id,
    campaign_id,
    operator_id,
    cast(date_trunc('month', campaign_day_on) as date) as month_on,
    reason,
    count(*) as journeys,
    cast(sum(declared_cents) as bigint) as declared_cents,
    cast(sum(computed_cents) as bigint) as computed_cents
from {{ ref('reconciled_journeys') }}
group by all
