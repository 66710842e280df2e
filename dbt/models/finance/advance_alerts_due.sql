-- The journeys of the period under way cost more than the advance holds: the parties meet (article 8.1). Said once.
select
    held.campaign_id,
    held.operator_id,
    periods.period_start_on,
    periods.period_end_on,
    cast('{{ var("business_date") }}' as date) as issued_on,
    cast(held.expected_cents as bigint) as forecast_cents,
    cast(held.held_cents as bigint) as held_cents,
    cast(sum(lines.incentive_cents) as bigint) as consumed_cents
from {{ ref('advance_holdings') }} as held
inner join {{ ref('open_periods') }} as periods on held.campaign_id = periods.campaign_id and periods.kind = 'incentive'
inner join {{ ref('unsettled_lines') }} as lines
    on
        held.campaign_id = lines.campaign_id
        and held.operator_id = lines.operator_id
        and lines.kind = 'incentive'
        and periods.period_start_on = lines.period_start_on
anti join {{ ref('stg_advance_alerts') }} as alerts
    on
        held.campaign_id = alerts.campaign_id
        and held.operator_id = alerts.operator_id
        and periods.period_start_on = alerts.period_start_on
where not held.is_ended
group by
    held.campaign_id, held.operator_id, periods.period_start_on, periods.period_end_on, held.expected_cents,
    held.held_cents
having sum(lines.incentive_cents) > held.held_cents
