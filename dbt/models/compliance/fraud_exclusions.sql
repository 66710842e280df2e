with excluded as (
    select
        operator_id,
        cast(date_trunc('month', start_on) as date) as month_on,
        driver_identity_key,
        passenger_identity_key,
        list_filter(refusal_codes, lambda code: starts_with(code, 'fraud_')) as fraud_codes
    from {{ ref('journeys') }}
    where outcome = 'refused' and fraud_codes != []
),

accounts as (
    select
        operator_id,
        month_on,
        count(distinct identity_key) as accounts
    from (
        select
            operator_id,
            month_on,
            unnest([driver_identity_key, passenger_identity_key]) as identity_key
        from excluded
    )
    group by all
),

first_seen as (
    select
        operator_id,
        fraud_code,
        min(month_on) as month_on
    from (
        select
            operator_id,
            month_on,
            unnest(fraud_codes) as fraud_code
        from excluded
        -- Of months whose journeys have expired, too.
        union all
        select
            operator_id,
            month_on,
            -- An older version has counted them under their own codes.
            if(starts_with(rule_code, 'fraud_interoperator'), 'fraud_contradiction', rule_code)
        from {{ ref('stg_fraud_counts') }}
        where rule_code != 'all' and journeys > 0
    )
    group by all
),

new_codes as (
    select
        operator_id,
        month_on,
        list(fraud_code order by fraud_code) as new_fraud_codes
    from first_seen
    group by all
)

select
    excluded.operator_id,
    excluded.month_on,
    any_value(accounts.accounts) as accounts,
    count(*) as journeys,
    coalesce(any_value(new_codes.new_fraud_codes), []) as new_fraud_codes
from excluded
inner join accounts on excluded.operator_id = accounts.operator_id and excluded.month_on = accounts.month_on
left join new_codes on excluded.operator_id = new_codes.operator_id and excluded.month_on = new_codes.month_on
group by excluded.operator_id, excluded.month_on
