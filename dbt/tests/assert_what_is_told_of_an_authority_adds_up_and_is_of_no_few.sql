-- Each subject of a month is told whole, and nothing of it is of less than six journeys: what is left out of one and
-- told in another would be had by subtraction (D-266).
select
    authority_id,
    month_on,
    subject
from {{ ref('authority_figures') }}
group by authority_id, month_on, subject
qualify
    min(passenger_journeys) < {{ var('archive_k') }}
    or sum(passenger_journeys) != max(sum(passenger_journeys)) filter (where subject = '')
        over (partition by authority_id, month_on)
