{{ config(materialized='by_month', meta={'day': 'start_on'}, tags=['personal_data']) }}
-- Each journey that its operator says an authority pays for, or that a campaign of it pays: what is declared, what is
-- computed, and why they differ. A journey that the operator has cancelled declares nothing any more.
with texts as (
    select distinct incentives
    from {{ ref('journeys') }}
    where incentives != '[]'
),

entries as (
    select
        incentives,
        unnest(from_json(incentives, '[{"siret": "VARCHAR", "amount": "BIGINT"}]'), recursive := true)
    from texts
),

payers as (
    select
        entries.incentives,
        left(entries.siret, 9) as siren,
        authorities.authority_id,
        sum(entries.amount) as declared_cents
    from entries
    left join {{ source('catalogue', 'authorities') }} as authorities on left(entries.siret, 9) = authorities.siren
    group by all
),

-- What it says of payers that no file knows: the authority's, perhaps, under a wrong number.
strangers as (
    select
        incentives,
        list(declared_cents) as amounts
    from payers
    where authority_id is null
    group by incentives
),

declared as (
    select
        journeys.operator_id,
        journeys.operator_journey_id,
        payers.authority_id,
        payers.declared_cents
    from {{ ref('journeys') }} as journeys
    inner join payers on journeys.incentives = payers.incentives
    where payers.authority_id is not null and payers.declared_cents > 0
),

granted as (
    select
        incentives.*,
        campaigns.authority_id,
        row_number() over campaigns_of_journey as nth,
        sum(incentives.incentive_cents) over (
            partition by campaigns.authority_id, incentives.operator_id, incentives.operator_journey_id
        ) as of_authority_cents,
        sum(incentives.incentive_cents) over campaigns_of_journey - incentives.incentive_cents as before_cents
    from {{ ref('campaign_incentives') }} as incentives
    inner join {{ source('catalogue', 'campaigns') }} as campaigns on incentives.campaign_id = campaigns.campaign_id
    window
        campaigns_of_journey as (
            partition by campaigns.authority_id, incentives.operator_id, incentives.operator_journey_id
            order by incentives.incentive_cents = 0, incentives.campaign_id
            rows between unbounded preceding and current row
        )
),

pairs as (
    select
        coalesce(granted.operator_id, declared.operator_id) as operator_id,
        coalesce(granted.operator_journey_id, declared.operator_journey_id) as operator_journey_id,
        coalesce(granted.authority_id, declared.authority_id) as authority_id,
        granted.campaign_id,
        -- Of several campaigns of an authority each has what it pays, in their order; the first what is beyond (D-236).
        case
            when declared.operator_id is null then 0
            when granted.operator_id is null then declared.declared_cents
            else
                least(granted.incentive_cents, greatest(declared.declared_cents - granted.before_cents, 0))
                + if(granted.nth = 1, greatest(declared.declared_cents - granted.of_authority_cents, 0), 0)
        end as declared_cents,
        coalesce(granted.incentive_cents, 0) as computed_cents,
        granted.start_on as campaign_day_on,
        granted.is_eligible,
        granted.failed_tests,
        granted.tariff_cents,
        granted.capped_cents,
        granted.is_cut_by_budget
    from granted
    full outer join declared
        on
            granted.operator_id = declared.operator_id
            and granted.operator_journey_id = declared.operator_journey_id
            and granted.authority_id = declared.authority_id
)

select
    pairs.operator_id,
    pairs.operator_journey_id,
    pairs.authority_id,
    pairs.campaign_id,
    journeys.start_on,
    -- The ledger knows months by the campaign's own days.
    coalesce(pairs.campaign_day_on, journeys.start_on) as campaign_day_on,
    cast(pairs.declared_cents as bigint) as declared_cents,
    cast(pairs.computed_cents as bigint) as computed_cents,
    case
        when pairs.declared_cents = pairs.computed_cents then 'equal'
        when pairs.campaign_id is null and journeys.outcome = 'refused' then 'refused:' || journeys.refusal_codes[1]
        when pairs.campaign_id is null then 'elsewhere'
        when pairs.computed_cents < pairs.declared_cents and not pairs.is_eligible then 'test:' || pairs.failed_tests[1]
        when pairs.computed_cents < pairs.declared_cents and pairs.is_cut_by_budget then 'budget'
        when pairs.computed_cents < pairs.declared_cents and pairs.capped_cents < pairs.tariff_cents then 'cap'
        when pairs.declared_cents = 0 and list_contains(strangers.amounts, pairs.computed_cents) then 'other_siren'
        when pairs.declared_cents = 0 then 'not_declared'
        else 'amount'
    end as reason
from pairs
inner join {{ ref('journeys') }} as journeys
    on pairs.operator_id = journeys.operator_id and pairs.operator_journey_id = journeys.operator_journey_id
left join strangers on journeys.incentives = strangers.incentives
where pairs.declared_cents > 0 or pairs.computed_cents > 0
