with indicators as (
    select
        *,
        {{ period_start('month_on', 6) }} as half_start_on
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
    halves.half_end_on + cast(campaigns.closing_days as integer)
    <= cast('{{ var("business_date") }}' as date) as is_final
from halves
inner join operators on halves.campaign_id = operators.campaign_id
inner join {{ source('catalogue', 'campaigns') }} as campaigns on halves.campaign_id = campaigns.campaign_id
