with codes as (
    unpivot (select * from {{ ref('int_evaluated_areas') }})
    on {{ levels() | join(', ') }}
    into name level value code
)

select
    selectors.campaign_number,
    codes.area_id,
    cast(bit_or(selectors.selector_mask) as bigint) as selector_mask
from codes
inner join {{ source('catalogue', 'campaign_selectors') }} as selectors
    on codes.level = selectors.level and codes.code = selectors.code
group by selectors.campaign_number, codes.area_id
