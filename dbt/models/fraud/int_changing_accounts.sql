-- Who has many ids at one operator, or whose id has many phones. A truncated phone is a hundred subscribers'.
with ids as (
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
        identity_key,
        max(score) as score
    from (
        from ids
        union all
        from phones
    )
    where score > 1
    group by rule_code, operator_id, identity_key
)

select
    changing.operator_id,
    changing.identity_key,
    changing.rule_code,
    changing.score,
    rules.from_on,
    rules.to_on,
    rules.is_excluding
from changing
inner join {{ source('catalogue', 'fraud_rules') }} as rules
    on changing.rule_code = rules.rule_code and changing.score >= rules.number
