-- Each class's scale weighs as much as it has cars; one rounding, to the thousandth of a euro as the text writes it.
select
    from_at,
    cast(
        {{ half_up('sum(vehicles * thousandths_per_km)', 'sum(vehicles)') }} as bigint
    ) as thousandths_per_km
from {{ source('catalogue', 'mileage_scale') }}
group by from_at
