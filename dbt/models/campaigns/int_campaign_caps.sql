-- One pass per cap position over the journeys that are still worth something: what a later cap takes away
-- gives earlier counters nothing back (campaigns 4).
with opening as (
    select
        opening.campaign_id,
        opening.cap_id,
        opening.window_on,
        opening.value,
        owners.owner
    from {{ ref('opening_balances') }} as opening
    inner join {{ source('catalogue', 'campaign_caps') }} as caps
        on opening.campaign_id = caps.campaign_id and opening.cap_id = caps.cap_id
    inner join {{ ref('int_cap_owners') }} as owners
        on caps.whose = owners.whose and opening.whose_key = owners.whose_key
),

pass_0 as (
    select
        tariffs.campaign_number,
        tariffs.journey_number,
        tariffs.clauses,
        tariffs.seats,
        tariffs.tariff_cents as cents
    from {{ ref('int_campaign_tariffs') }} as tariffs
    anti join {{ ref('int_settled_pairs') }} as settled
        on
            tariffs.campaign_number = settled.campaign_number
            and tariffs.journey_number = settled.journey_number
            and settled.incentive_closing is not null
    where tariffs.tariff_cents > 0
),

{% for position in range(1, (var('cap_positions') | int(8)) + 1) %}
    met_{{ position }} as materialized (
        select
            before.*,
            caps.campaign_id,
            caps.cap_id,
            caps.counts,
            caps.whose,
            caps.cap_window,
            caps.time_zone,
            caps.maximum
        from pass_{{ position - 1 }} as before
        left join (
            from {{ source('catalogue', 'campaign_caps') }}
            where position = {{ position }}
        ) as caps
            on
                before.campaign_number = caps.campaign_number
                and {{ in_force('before.clauses', 'caps.clause_mask') }}
                and before.cents > 0
    ),

    asked_{{ position }} as (
        select
            caps.*,
            {{ owner() }} as owner,
            {{ window_on() }} as window_on,
            case caps.counts when 'trajets' then 1 when 'sieges' then caps.seats else caps.cents end as quantity
        from met_{{ position }} as caps
        inner join {{ ref('int_journey_profiles') }} as journeys on caps.journey_number = journeys.journey_number
        inner join {{ ref('int_local_times') }} as times
            on caps.time_zone = times.time_zone and journeys.slot = times.slot
        where caps.cap_id is not null
    ),

    counted_{{ position }} as (
        select
            asked.*,
            cast(
                coalesce(opening.value, 0) + coalesce(
                    sum(asked.quantity) over (
                        partition by asked.campaign_number, asked.owner, asked.window_on
                        order by asked.journey_number
                        rows between unbounded preceding and 1 preceding
                    ),
                    0
                ) as bigint
            ) as asked_before
        from asked_{{ position }} as asked
        left join opening
            on
                asked.campaign_id = opening.campaign_id
                and asked.cap_id = opening.cap_id
                and asked.owner = opening.owner
                and asked.window_on = opening.window_on
    ),

    pass_{{ position }} as (
        select
            {{ passed(position) }},
            case
                when counts = 'centimes' then least(cents, greatest(maximum - asked_before, 0))
                when asked_before >= maximum then 0
                else cents
            end as cents,
            asked_before as asked_before_{{ position }},
            cents as cents_before_{{ position }}
        from counted_{{ position }}
        union all
        select {{ passed(position) }}, cents, null, null
        from met_{{ position }}
        where cap_id is null
    ),
{% endfor %}

capped as (
    select
        * exclude (clauses, seats, cents),
        cents as capped_cents
    from pass_{{ var('cap_positions') | int(8) }}
)

select * from capped
