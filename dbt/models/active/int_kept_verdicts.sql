{{ config(meta={'day': 'start_on'}) }}
-- Of what was written down, what holds: a newer version is judged anew, what breaks a rule by itself for that.
select
    journeys.*,
    verdicts.refusal_codes
from {{ ref('int_journeys_placed') }} as journeys
inner join {{ ref('stg_kept_verdicts') }} as verdicts using (operator_id, operator_journey_id, drop_id, drop_row)
anti join {{ ref('int_own_refusals') }} as refusals
    on
        journeys.operator_id = refusals.operator_id
        and journeys.operator_journey_id = refusals.operator_journey_id
