-- What shows in a journey alone, in its people's accounts, or in journeys that are too much alike.
with journeys as (
    select * from {{ ref('int_fraud_journeys') }}
    where is_standing
),

rules as (
    select * from {{ source('catalogue', 'fraud_rules') }}
),

too_fast as (
    select
        rules.rule_code,
        journeys.journey,
        journeys.distance_m * 3.6 / (journeys.end_s - journeys.start_s) as score
    from journeys
    inner join rules
        on
            rules.rule_code = 'fraud_speed'
            and journeys.start_on >= rules.from_on
            and journeys.start_on < rules.to_on
            and journeys.distance_m * 3.6 > rules.kmh * (journeys.end_s - journeys.start_s)
),

-- Who has many ids at one operator, or whose id has many phones. A truncated phone is a hundred subscribers'.
ids as (
    select
        'fraud_ids_per_phone' as rule_code,
        operator_id,
        identity_key,
        count(distinct operator_user_id) as score
    from {{ ref('stg_identities') }}
    where phone is not null
    group by operator_id, identity_key
),

phones as (
    select
        'fraud_phones_per_id' as rule_code,
        people.operator_id,
        people.identity_key,
        users.score
    from {{ ref('stg_identities') }} as people
    inner join (
        select
            operator_id,
            operator_user_id,
            count(distinct coalesce(phone, phone_trunc)) as score
        from {{ ref('stg_identities') }}
        where operator_user_id is not null
        group by operator_id, operator_user_id
        having count(distinct coalesce(phone, phone_trunc)) > 1
    ) as users
        on people.operator_id = users.operator_id and people.operator_user_id = users.operator_user_id
),

changing as (
    select
        rule_code,
        operator_id,
        hash(identity_key) as person,
        max(score) as score
    from (
        from ids
        union all
        from phones
    )
    where score > 1
    group by rule_code, operator_id, identity_key
),

churn as (
    select
        rules.rule_code,
        journeys.journey,
        changing.score
    from journeys
    inner join changing
        on journeys.operator_id = changing.operator_id and changing.person in (journeys.driver, journeys.passenger)
    inner join rules
        on
            changing.rule_code = rules.rule_code
            and journeys.start_on >= rules.from_on
            and journeys.start_on < rules.to_on
            and changing.score >= rules.number
),

-- One number stands for all that journeys have in common; first the numbers that come often.
alike as (
    select
        rules.rule_code,
        rules.number,
        journeys.journey,
        journeys.trip,
        journeys.start_on,
        if(
            rules.rule_code = 'fraud_simultaneous_group',
            hash(journeys.places, journeys.start_s, journeys.distance_m // rules.metres),
            hash(
                journeys.driver, journeys.passenger, journeys.distance_m, journeys.end_s - journeys.start_s,
                journeys.start_s % 86400, date_trunc('month', journeys.start_on)
            )
        ) as likeness
    from journeys
    inner join rules
        on
            rules.rule_code in ('fraud_simultaneous_group', 'fraud_repetition')
            and journeys.start_on >= rules.from_on
            and journeys.start_on < rules.to_on
),

often as (
    select
        rule_code,
        likeness
    from alike
    group by rule_code, likeness
    having count(*) >= any_value(number)
),

groups as (
    select
        alike.rule_code,
        list(alike.journey order by alike.journey) as journeys,
        if(
            alike.rule_code = 'fraud_repetition', count(distinct alike.start_on), count(distinct alike.trip)
        ) as score
    from alike
    semi join often on alike.rule_code = often.rule_code and alike.likeness = often.likeness
    group by alike.rule_code, alike.likeness
    having score >= any_value(alike.number)
)

select
    rule_code,
    journey,
    score,
    cast([] as ubigint[]) as others
from (
    from too_fast
    union all
    from churn
)
union all
select
    rule_code,
    unnest(journeys) as journey,
    score,
    journeys[1:10] as others
from groups
