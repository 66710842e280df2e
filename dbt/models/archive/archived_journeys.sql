select
    month_on,
    step,
    * exclude (journey_number, month_on, step),
    count(*) as journeys
from {{ ref('int_archive_generalised') }}
group by all
