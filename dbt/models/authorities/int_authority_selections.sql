{{ config(materialized='by_month', meta={'day': 'start_on'}) }}
with territories as (
    {{ authority_places() }}
),

ends as (
    {% for end in ["start", "end"] %}
        select
            operator_id,
            operator_journey_id,
            {{ end }}_place_code as place_code,
            territory_year,
            start_on
        from {{ ref('journeys') }}
        where outcome = 'valid'
        {{ "union all" if not loop.last }}
    {% endfor %}
),

of_territories as (
    select distinct
        territories.authority_id,
        ends.operator_id,
        ends.operator_journey_id,
        ends.start_on
    from ends
    inner join territories
        on
            ends.place_code = territories.place_code
            and ends.territory_year = territories.year
            and ends.start_on between territories.from_on and territories.to_on
),

of_campaigns as (
    select
        campaigns.authority_id,
        incentives.campaign_id,
        incentives.operator_id,
        incentives.operator_journey_id,
        -- A month is Paris's; the day that a campaign counts by is its own time zone's.
        {{ local_day('incentives.start_at') }} as start_on
    from {{ ref('campaign_incentives') }} as incentives
    inner join {{ source('catalogue', 'campaigns') }} as campaigns on incentives.campaign_id = campaigns.campaign_id
    where incentives.is_eligible
)

select
    authority_id,
    'territoire' as selection_id,
    operator_id,
    operator_journey_id,
    start_on
from of_territories
union all
select
    authority_id,
    campaign_id,
    operator_id,
    operator_journey_id,
    start_on
from of_campaigns
