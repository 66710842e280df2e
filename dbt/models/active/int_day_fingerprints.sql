-- Whatever moves a verdict on a day moves its number: the day's journeys, in whatever order they came, what is kept of
-- it (a piece refused as too close shows a cut, and is no neighbour), and what is decided on all days.
with rules as (
    select sum(fingerprint) as fingerprint
    from (
        select sum(hash('rules', fraud_rules)) as fingerprint
        from {{ source('catalogue', 'fraud_rules') }}
        union all
        select sum(hash('counts', stg_fraud_counts))
        from {{ ref('stg_fraud_counts') }}
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
    )
    group by start_on
)

select
    days.start_on,
    '{{ var("code") }}' as code,
    hash(days.fingerprint, rules.fingerprint) as fingerprint
from days
cross join rules
