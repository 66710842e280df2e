{{ config(materialized='by_month') }}
-- Two legs of one person in two cars, the earlier first: what time and place allow (CONVENTION article 9). Where the
-- later leg's verdict is final, what is found stands against the one that came late. Why: D-051 to D-053.
with legs as (
    select * from {{ ref('int_fraud_legs') }}
),

-- A leg lasts a day at most (duration_too_long): its neighbours start on its day or on the next.
pairs as (
    select
        later.month_on,
        if(later.is_settled, earlier.journey, later.journey) as journey,
        if(later.is_settled, later.journey, earlier.journey) as other_journey,
        later.is_settled or earlier.is_settled as is_other_settled,
        earlier.is_standing as is_other_standing,
        later.start_on,
        later.other = earlier.other as is_same_pair,
        later.operator = earlier.operator as is_same_operator,
        later.is_driver and earlier.is_driver as is_driver_twice,
        later.is_driver = earlier.is_driver as is_same_role,
        later.start_s - earlier.end_s as gap_s,
        least(later.end_s, earlier.end_s) - later.start_s as overlap_s,
        least(later.end_s - later.start_s, earlier.end_s - earlier.start_s) as shorter_s,
        {{ straight_m('earlier.end_lat', 'earlier.end_lon', 'later.start_lat', 'later.start_lon') }} as between_m,
        {{ straight_m('earlier.start_lat', 'earlier.start_lon', 'later.start_lat', 'later.start_lon') }} as starts_m,
        {{ straight_m('earlier.start_lat', 'earlier.start_lon', 'later.end_lat', 'later.end_lon') }} as onward_m,
        {{ straight_m('earlier.start_lat', 'earlier.start_lon', 'earlier.end_lat', 'earlier.end_lon') }} as earlier_m,
        {{ straight_m('later.start_lat', 'later.start_lon', 'later.end_lat', 'later.end_lon') }} as later_m,
        -- Who drives two at once has picked both up: from the one start to the other, then.
        if(gap_s < 0 and is_driver_twice, starts_m, between_m) as moved_m,
        greatest(if(gap_s < 0, later.start_s - earlier.start_s, gap_s), 1) as moved_s
    from legs as later
    inner join (
        select
            *,
            unnest([start_on, start_on + 1]) as near_on
        from legs
    ) as earlier
        on
            later.month_on = earlier.month_on
            and later.person = earlier.person
            and later.start_on = earlier.near_on
    where
        later.is_standing
        and not (later.is_settled and earlier.is_settled)
        and later.trip != earlier.trip
        and (earlier.start_s, earlier.end_s, earlier.journey) < (later.start_s, later.end_s, later.journey)
)

select
    rules.rule_code,
    rules.is_excluding,
    pairs.month_on,
    pairs.journey,
    pairs.other_journey,
    pairs.is_other_settled,
    rules.rule_code in ('fraud_overlap', 'fraud_interoperator_overlap', 'fraud_teleportation') as is_conflict,
    rules.rule_code = 'fraud_interoperator_overlap' and pairs.is_same_pair as is_both,
    not pairs.is_same_operator as is_across_operators,
    case
        when rules.rule_code in ('fraud_overlap', 'fraud_interoperator_overlap') then pairs.overlap_s / pairs.shorter_s
        when rules.rule_code = 'fraud_teleportation' then pairs.moved_m * 3.6 / pairs.moved_s
        else pairs.gap_s / 60
    end as score
from pairs
inner join {{ source('catalogue', 'fraud_rules') }} as rules
    on pairs.start_on >= rules.from_on and pairs.start_on < rules.to_on
where
    (pairs.is_other_standing or rules.rule_code = 'fraud_segmentation')
    and case rules.rule_code
        when 'fraud_overlap'
            then
                pairs.is_same_operator
                and not pairs.is_driver_twice
                and pairs.overlap_s > rules.seconds
                and pairs.overlap_s * 100 > rules.percent * pairs.shorter_s
        when 'fraud_interoperator_overlap'
            then
                not pairs.is_same_operator
                and not pairs.is_driver_twice
                and pairs.overlap_s > rules.seconds
                and pairs.overlap_s * 100 > rules.percent * pairs.shorter_s
        when 'fraud_interoperator_too_close'
            then not pairs.is_same_operator and pairs.is_same_pair and pairs.gap_s between 0 and rules.seconds
        when 'fraud_segmentation'
            then
                pairs.is_same_pair
                and pairs.is_same_role
                and pairs.gap_s between 0 and rules.seconds
                and pairs.between_m <= rules.metres
                and pairs.onward_m * 100 >= rules.percent * (pairs.earlier_m + pairs.later_m)
        when 'fraud_teleportation'
            then
                (pairs.gap_s >= 0 or pairs.is_driver_twice)
                and pairs.moved_m > rules.metres
                and pairs.moved_m * 3.6 > rules.kmh * pairs.moved_s
        else false
    end
