-- Whatever moves a verdict on a day moves its number: the day's journeys, in whatever order they came, what is kept of
-- it (a piece refused as too close shows a cut, and is no neighbour), what is final or late, what is decided on all.
-- Why: D-048.
with rules as (
    select sum(fingerprint) as fingerprint
    from (
        select sum(hash('rules', fraud_rules)) as fingerprint
        from {{ source('catalogue', 'fraud_rules') }}
        union all
        select sum(hash('decisions', stg_fraud_decisions))
        from {{ ref('stg_fraud_decisions') }}
        union all
        select sum(hash('accounts', int_changing_accounts))
        from {{ ref('int_changing_accounts') }}
        where is_excluding
    )
),

days as (
    select
        start_on,
        hash(count(*), sum(row_hash)) as fingerprint
    from (
        select
            start_on,
            hash(int_neighbours) as row_hash
        from {{ ref('int_neighbours') }}
        union all
        select
            start_on,
            hash('kept', int_kept_verdicts)
        from {{ ref('int_kept_verdicts') }}
        union all
        select distinct
            days.start_on,
            hash('final')
        from {{ ref('int_neighbours') }} as days
        inner join {{ ref('stg_fraud_counts') }} as final on date_trunc('month', days.start_on) = final.month_on
        union all
        select
            start_on,
            hash('late', operator_id, operator_journey_id)
        from {{ ref('int_late_journeys') }}
        union all
        select
            start_on,
            hash('verdict', stg_fraud_verdicts)
        from {{ ref('stg_fraud_verdicts') }}
    )
    group by start_on
)

select
    days.start_on,
    '{{ var("code") }}' as code,
    hash(days.fingerprint, rules.fingerprint) as fingerprint
from days
cross join rules
