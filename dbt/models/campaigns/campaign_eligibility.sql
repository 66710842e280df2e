with journeys as (
    select * from {{ ref('int_campaign_journeys') }}
),

-- One row per journey, campaign and test; the operator's own list is a test like another.
tested as (
    select
        journeys.campaign_id,
        journeys.operator_id,
        journeys.operator_journey_id,
        tests.test_id,
        tests.test_order,
        tests.is_for_fee,
        case tests.kind
            when 'classes' then list_contains(tests.classes, journeys.operator_class)
            when 'distance'
                then
                    journeys.distance_m >= tests.min_m
                    and journeys.distance_m < coalesce(tests.max_m, 2147483647)
            when 'origine' then origins.place_code is not null
            when 'destination' then destinations.place_code is not null
            when 'origine_ou_destination' then origins.place_code is not null or destinations.place_code is not null
            when 'origine_et_destination' then origins.place_code is not null and destinations.place_code is not null
            else error('unknown kind of test')
        end as holds
    from journeys
    inner join {{ source('catalogue', 'campaign_tests') }} as tests on journeys.campaign_id = tests.campaign_id
    left join {{ ref('int_selector_places') }} as origins
        on
            tests.campaign_id = origins.campaign_id
            and tests.selector_id = origins.selector_id
            and journeys.territory_year = origins.year
            and journeys.start_place_code = origins.place_code
    left join {{ ref('int_selector_places') }} as destinations
        on
            tests.campaign_id = destinations.campaign_id
            and tests.selector_id = destinations.selector_id
            and journeys.territory_year = destinations.year
            and journeys.end_place_code = destinations.place_code

    union all

    select
        journeys.campaign_id,
        journeys.operator_id,
        journeys.operator_journey_id,
        'operateur' as test_id,
        0 as test_order,
        true as is_for_fee,
        signatories.operator_id is not null as holds
    from journeys
    left join {{ source('catalogue', 'campaign_operators') }} as signatories
        on
            journeys.campaign_id = signatories.campaign_id
            and journeys.operator_id = signatories.operator_id
            and journeys.start_at >= signatories.from_at
            and journeys.start_at < signatories.until_at
),

verdicts as (
    select
        campaign_id,
        operator_id,
        operator_journey_id,
        bool_and(holds) as is_eligible,
        bool_and(holds or not is_for_fee) as is_fee_due,
        coalesce(list(test_id order by test_order) filter (where not holds), []) as failed_tests
    from tested
    group by all
)

select
    journeys.* exclude (territory_year, start_place_code, end_place_code, operator_class),
    verdicts.is_eligible,
    verdicts.is_fee_due,
    verdicts.failed_tests
from journeys
inner join verdicts using (campaign_id, operator_id, operator_journey_id)
