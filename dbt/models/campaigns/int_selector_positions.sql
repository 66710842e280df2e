{{ config(materialized='by_month') }}
with edges as (
    select * from {{ source('catalogue', 'campaign_edges') }}
),

polygons as (
    select
        campaign_number,
        selector_mask,
        min(least(from_lon, to_lon)) as west,
        max(greatest(from_lon, to_lon)) as east,
        min(least(from_lat, to_lat)) as south,
        max(greatest(from_lat, to_lat)) as north
    from edges
    group by all
),

positions as (
    select
        journey_number,
        true as is_start,
        start_lon as lon,
        start_lat as lat
    from {{ ref('int_evaluated_journeys') }}
    union all
    select
        journey_number,
        false,
        end_lon,
        end_lat
    from {{ ref('int_evaluated_journeys') }}
),

-- First the few that are near: an edge has no key to join on.
near as materialized (
    select
        polygons.campaign_number,
        polygons.selector_mask,
        positions.journey_number,
        positions.is_start,
        positions.lon,
        positions.lat
    from positions
    inner join polygons
        on
            positions.lon between polygons.west and polygons.east
            and positions.lat between polygons.south and polygons.north
),

-- Where a ray to the east crosses an odd number of edges the position is inside; on an edge it is inside, too.
crossings as (
    select
        near.campaign_number,
        near.selector_mask,
        near.journey_number,
        near.is_start,
        (edges.from_lat > near.lat) != (edges.to_lat > near.lat) as straddles,
        (near.lon - edges.from_lon) * (edges.to_lat - edges.from_lat)
        - (near.lat - edges.from_lat) * (edges.to_lon - edges.from_lon) as side,
        edges.to_lat > edges.from_lat as is_upward,
        near.lon between least(edges.from_lon, edges.to_lon) and greatest(edges.from_lon, edges.to_lon)
        and near.lat between least(edges.from_lat, edges.to_lat) and greatest(edges.from_lat, edges.to_lat)
            as is_beside
    from near
    inner join edges using (campaign_number, selector_mask)
),

within_polygons as (
    select
        campaign_number,
        selector_mask,
        journey_number,
        is_start
    from crossings
    group by all
    having
        count(*) filter (where straddles and (side < 0) = is_upward and side != 0) % 2 = 1
        or bool_or(is_beside and side = 0)
),

within_circles as (
    select
        circles.campaign_number,
        circles.selector_mask,
        positions.journey_number,
        positions.is_start
    from positions
    inner join {{ source('catalogue', 'campaign_circles') }} as circles
        on
            2 * 6371008.8 * asin(sqrt(least(
                1, pow(sin(radians(positions.lat - circles.lat) / 2), 2)
                + cos(radians(positions.lat)) * cos(radians(circles.lat))
                * pow(sin(radians(positions.lon - circles.lon) / 2), 2)
            ))) <= circles.radius_m
)

select
    campaign_number,
    journey_number,
    cast(bit_or(if(is_start, selector_mask, 0)) as bigint) as start_mask,
    cast(bit_or(if(is_start, 0, selector_mask)) as bigint) as end_mask
from (
    from within_polygons
    union all
    from within_circles
) as inside
group by campaign_number, journey_number
