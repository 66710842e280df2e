-- Whole cents, so that sums do not depend on an order. A kind of day never seen weighs little, not nothing.
with kinds as (
    select
        campaign_id,
        unnest(range(1, 8)) as kind_of_day,
        sum(cents) / count(*) as mean_cents
    from {{ ref('int_pot_demands') }}
    group by campaign_id
)

select
    kinds.campaign_id,
    kinds.kind_of_day,
    cast(greatest(
        coalesce(sum(demands.cents) / nullif(count(demands.cents), 0), 0), 0.02 * any_value(kinds.mean_cents), 1
    ) as bigint) as day_cents
from kinds
left join {{ ref('int_pot_demands') }} as demands
    on kinds.campaign_id = demands.campaign_id and kinds.kind_of_day = demands.kind_of_day
group by kinds.campaign_id, kinds.kind_of_day
