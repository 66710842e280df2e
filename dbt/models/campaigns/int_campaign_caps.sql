-- One pass per cap position over the journeys that are still worth something: what a later cap takes away
-- gives earlier counters nothing back (campaigns 4).
with pass_0 as materialized (
    select
        campaign_number,
        journey_number,
        clauses,
        seats,
        tariff_cents as cents
    from {{ ref('int_campaign_tariffs') }}
    where tariff_cents > 0
),

{% for position in range(1, var('cap_positions') + 1) %}
asked_{{ position }} as (
    select
        before.*,
        caps.campaign_id,
        caps.cap_id,
        caps.counts,
        caps.maximum,
        {{ whose_key() }} as whose_key,
        {{ window_on() }} as window_on,
        case caps.counts when 'trajets' then 1 when 'sieges' then before.seats else before.cents end as quantity
    from pass_{{ position - 1 }} as before
    inner join {{ source('catalogue', 'campaign_caps') }} as caps
        on
            before.campaign_number = caps.campaign_number
            and caps.position = {{ position }}
            and {{ in_force('before.clauses', 'caps.clause_mask') }}
            and before.cents > 0
    inner join {{ ref('int_evaluated_journeys') }} as journeys on before.journey_number = journeys.journey_number
    inner join {{ ref('int_local_times') }} as times
        on caps.time_zone = times.time_zone and {{ slot('journeys.start_at') }} = times.slot
),

counted_{{ position }} as (
    select
        asked.*,
        cast(
            coalesce(opening.value, 0) + coalesce(
                sum(asked.quantity) over (
                    partition by asked.campaign_number, asked.whose_key, asked.window_on
                    order by asked.journey_number
                    rows between unbounded preceding and 1 preceding
                ),
                0
            ) as bigint
        ) as asked_before
    from asked_{{ position }} as asked
    left join {{ source('catalogue', 'opening_balances') }} as opening
        on
            asked.campaign_id = opening.campaign_id
            and asked.cap_id = opening.cap_id
            and asked.whose_key = opening.whose_key
            and asked.window_on = opening.window_on
),

pass_{{ position }} as materialized (
    select
        before.* replace (
            case
                when counted.journey_number is null then before.cents
                when counted.counts = 'centimes'
                    then least(before.cents, greatest(counted.maximum - counted.asked_before, 0))
                when counted.asked_before >= counted.maximum then 0
                else before.cents
            end as cents
        ),
        counted.asked_before as asked_before_{{ position }},
        if(counted.journey_number is null, null, before.cents) as cents_before_{{ position }}
    from pass_{{ position - 1 }} as before
    left join counted_{{ position }} as counted
        on before.campaign_number = counted.campaign_number and before.journey_number = counted.journey_number
),
{% endfor %}

capped as (
    select
        * exclude (clauses, seats, cents),
        cents as capped_cents
    from pass_{{ var('cap_positions') }}
)

select * from capped
