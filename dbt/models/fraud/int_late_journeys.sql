-- What came in for a month after its verdicts became final, and no night has judged yet: versions of drops that are not
-- among those judged (fraud_counts). Of a month whose drops nobody wrote down, all is taken for judged.
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
    from {{ ref('int_journeys_placed') }}
)

select versions.*
from versions
semi join judged as months on versions.month_on = months.month_on
anti join judged on versions.month_on = judged.month_on and versions.drop_id = judged.drop_id
