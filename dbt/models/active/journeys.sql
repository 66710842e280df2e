select * from {{ ref('int_accepted_journeys') }}
