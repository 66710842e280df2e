with indicators as (
    select
        *,
        make_date(year(month_on), if(month(month_on) <= 6, 1, 7), 1) as half_start_on
    from {{ ref('half_yearly_indicators') }}
    where campaign_id is not null
),

halves as (
    select distinct
        campaign_id,
        half_start_on,
        cast(half_start_on + interval 6 month - interval 1 day as date) as half_end_on
    from indicators
),

operators as (
    select distinct
        campaign_id,
        operator_id
    from indicators
)

select
    halves.campaign_id,
    operators.operator_id,
    halves.half_start_on,
    halves.half_end_on,
    halves.half_end_on < cast('{{ var("business_date") }}' as date) as is_period_over
from halves
inner join operators on halves.campaign_id = operators.campaign_id
