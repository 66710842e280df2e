-- An erasure or a limitation may write down what a night has, too; a refusal says more than that there was none. What
-- an older version has written of other operators' journeys is told as a night tells it now.
select
    * exclude (refusal_code),
    case
        when max(refusal_code) is null then []
        when starts_with(max(refusal_code), 'fraud_interoperator') then ['fraud_contradiction']
        else [max(refusal_code)]
    end as refusal_codes
from {{ source('lake', 'kept_verdicts') }}
group by all
