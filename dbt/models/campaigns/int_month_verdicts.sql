{{ config(materialized='by_month') }}
with combinations as (
    select distinct
        campaign_number,
        clauses
    from {{ ref('int_campaign_clauses') }}
),

failures as (
    select
        combinations.campaign_number,
        combinations.clauses,
        list(tests.test_id order by tests.test_order) as failed_tests
    from combinations
    inner join {{ source('catalogue', 'campaign_tests') }} as tests
        on
            combinations.campaign_number = tests.campaign_number
            and not {{ in_force('combinations.clauses', 'tests.clause_mask') }}
    group by combinations.campaign_number, combinations.clauses
),

tariffs as (
    select
        combinations.campaign_number,
        combinations.clauses,
        min(tables.table_number) as table_number,
        count(*) > 1 as is_ambiguous
    from combinations
    inner join {{ source('catalogue', 'campaign_tables') }} as tables
        on
            combinations.campaign_number = tables.campaign_number
            and {{ in_force('combinations.clauses', 'tables.clause_mask') }}
    group by combinations.campaign_number, combinations.clauses
)

select
    combinations.campaign_number,
    combinations.clauses,
    {{ in_force('combinations.clauses', 'campaigns.eligible_mask') }} as is_eligible,
    {{ in_force('combinations.clauses', 'campaigns.fee_mask') }} as is_fee_due,
    coalesce(failures.failed_tests, []) as failed_tests,
    if(tariffs.is_ambiguous, null, tariffs.table_number) as table_number,
    coalesce(tariffs.is_ambiguous, false) as is_ambiguous
from combinations
inner join {{ source('catalogue', 'campaigns') }} as campaigns
    on combinations.campaign_number = campaigns.campaign_number
left join failures
    on combinations.campaign_number = failures.campaign_number and combinations.clauses = failures.clauses
left join tariffs
    on combinations.campaign_number = tariffs.campaign_number and combinations.clauses = tariffs.clauses
