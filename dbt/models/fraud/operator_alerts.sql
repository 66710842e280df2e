with measures as (
    unpivot (
        select
            operator_id,
            month_on,
            journeys,
            cast(journeys as double) as fraud_volume,
            per_car as fraud_fill_rate,
            night_share as fraud_night_share
        from {{ ref('int_operator_months') }}
    ) on columns('^fraud_') into name rule_code value value
),

compared as (
    select
        *,
        avg(value) over own_past as own_past,
        count(*) over own_past as past_months
    from measures
    window
        own_past as (
            partition by operator_id, rule_code
            order by month_on
            range between interval 3 month preceding and interval 1 day preceding
        )
)

select
    compared.operator_id,
    compared.month_on,
    compared.rule_code,
    compared.journeys,
    compared.value,
    compared.own_past
from compared
inner join {{ source('catalogue', 'fraud_rules') }} as rules
    on
        compared.rule_code = rules.rule_code
        and compared.month_on >= rules.from_on
        and compared.month_on < rules.to_on
where
    compared.past_months = 3
    and compared.journeys >= rules.number
    -- A share is held against its past in points, for it may be nearly nothing.
    and compared.value * 100 > if(
        compared.rule_code = 'fraud_night_share',
        compared.own_past * 100 + rules.percent,
        compared.own_past * (100 + rules.percent)
    )
