-- An erasure or a limitation may write down what a night has, too; a refusal says more than that there was none.
select
    * exclude (refusal_code),
    if(max(refusal_code) is null, [], [max(refusal_code)]) as refusal_codes
from {{ source('lake', 'kept_verdicts') }}
group by all
