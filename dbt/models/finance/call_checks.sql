with errors as (
    unpivot {{ ref('int_call_errors') }}
    on columns(* exclude (campaign_id, operator_id, period_start_on))
    into name check_name value failing
),

alerts as (
    unpivot {{ ref('int_call_alerts') }}
    on columns(* exclude (campaign_id, operator_id, period_start_on))
    into name check_name value failing
)

select
    campaign_id,
    operator_id,
    period_start_on,
    check_name,
    true as is_error,
    cast(failing as bigint) as failing
from errors
union all
select
    campaign_id,
    operator_id,
    period_start_on,
    check_name,
    false,
    cast(failing as bigint)
from alerts
