-- An erasure may write down what a night has, too.
select distinct
    * exclude (refusal_code),
    if(refusal_code is null, [], [refusal_code]) as refusal_codes
from {{ source('lake', 'kept_verdicts') }}
