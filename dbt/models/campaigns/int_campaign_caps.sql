{{ config(materialized='kept_whole') }}
-- One pass per cap position over the journeys that are still worth something: what a later cap takes away
-- gives earlier counters nothing back (D-072).
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

caps as (
    select
        *,
        max(position) over (partition by campaign_number) as last_position
    from {{ source('catalogue', 'campaign_caps') }}
),

pass_0 as materialized (
    select
        tariffs.campaign_number,
        tariffs.journey_number,
        tariffs.clauses,
        tariffs.seats,
        tariffs.tariff_cents as cents,
        journeys.slot,
        journeys.driver_number,
        journeys.passenger_number,
        journeys.trip_number
    from {{ ref('int_campaign_tariffs') }} as tariffs
    inner join {{ ref('int_cap_journeys') }} as journeys on tariffs.journey_number = journeys.journey_number
    anti join {{ ref('int_settled_pairs') }} as settled
        on
            tariffs.campaign_number = settled.campaign_number
            and tariffs.journey_number = settled.journey_number
            and settled.incentive_closing is not null
    where tariffs.tariff_cents > 0
),

-- A journey that a cap does not meet passes through with a quantity of nothing.
{% for position in range(1, (var('cap_positions') | int(8)) + 1) %}
    asked_{{ position }} as (
        select
            before.* {{ 'exclude (last_position)' if position > 1 }},
            caps.campaign_id,
            caps.cap_id,
            caps.counts,
            caps.maximum,
            caps.last_position,
            {{ owner('before') }} as owner,
            {{ window_on() }} as window_on,
            before.cents > 0 and {{ in_force('before.clauses', 'caps.clause_mask') }} as is_met,
            case
                when not is_met then 0
                when caps.counts = 'trajets' then 1
                when caps.counts = 'sieges' then before.seats
                else before.cents
            end as quantity
        from pass_{{ position - 1 }} as before
        inner join caps on before.campaign_number = caps.campaign_number and caps.position = {{ position }}
        inner join {{ ref('int_local_times') }} as times
            on caps.time_zone = times.time_zone and before.slot = times.slot
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

    pass_{{ position }} as materialized (
        select
            {{ passed(position) }},
            last_position,
            case
                when not is_met then cents
                when counts = 'centimes' then least(cents, greatest(maximum - asked_before, 0))
                when asked_before >= maximum then 0
                else cents
            end as cents,
            if(is_met, asked_before, null) as asked_before_{{ position }},
            if(is_met, cents, null) as cents_before_{{ position }}
        from counted_{{ position }}
    ),
{% endfor %}

-- A campaign's journeys leave after its last cap.
capped as (
    select
        campaign_number,
        journey_number,
        seats,
        cents as capped_cents
    from pass_0
    anti join caps using (campaign_number)
    {% for position in range(1, (var('cap_positions') | int(8)) + 1) %}
        union all by name
        select
            campaign_number,
            journey_number,
            seats,
            cents as capped_cents,
            columns('(asked|cents)_before_.*')
        from pass_{{ position }}
        where last_position = {{ position }}
    {% endfor %}
)

select * from capped
