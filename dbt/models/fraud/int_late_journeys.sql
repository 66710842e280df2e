{{ config(materialized='by_month', meta={'day': 'start_on'}) }}
-- What no night has judged of a month whose verdicts are final: what came by a drop that is not among those known then
-- (fraud_counts), and what was refused or hidden on its night (fraud_unjudged), for as long as it is. Of a month whose
-- drops nobody wrote down, all is taken for judged. Why: D-056, D-057.
with judged as (
    select distinct
        month_on,
        unnest(string_split(drops, ' ')) as drop_id
    from {{ ref('stg_fraud_counts') }}
    where drops is not null
),

versions as (
    select
        operator_id,
        operator_journey_id,
        drop_id,
        version_number,
        start_on,
        cast(date_trunc('month', start_on) as date) as month_on
    from {{ ref('int_journey_versions') }}
    where is_current
)

select
    versions.*,
    judged.drop_id is not null as is_known
from versions
semi join judged as months on versions.month_on = months.month_on
left join judged on versions.month_on = judged.month_on and versions.drop_id = judged.drop_id
left join {{ ref('stg_fraud_unjudged') }} as unjudged
    on
        versions.operator_id = unjudged.operator_id
        and versions.operator_journey_id = unjudged.operator_journey_id
        and versions.month_on = date_trunc('month', unjudged.start_on)
where judged.drop_id is null or unjudged.operator_id is not null
