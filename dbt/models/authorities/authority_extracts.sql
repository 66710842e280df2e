{{ config(materialized='by_month', meta={'day': 'month_on'}) }}
select
    authority_id,
    selection_id,
    month_on,
    count(*) as journeys,
    bit_xor(hash(views)) as content
from {{ ref('authority_views') }} as views -- noqa: AL05, the whole row is hashed
group by authority_id, selection_id, month_on
