{{ config(materialized='by_month', meta={'day': 'start_on'}) }}
with findings as (
    select * exclude (month_on)
    from {{ ref('int_fraud_labels') }}
    union all by name
    select
        *,
        false as is_across_operators,
        [] as evidence
    from {{ ref('int_fraud_accounts') }}
),

-- What was set aside for good, and what a reviewed decision sets aside. Of what comes late to a final month, what would
-- only inform is not told.
computed as (
    select
        findings.*,
        rules.is_excluding as is_excluding_by_rule
    from findings
    anti join {{ ref('stg_fraud_verdicts') }} as verdicts
        on
            findings.rule_code = verdicts.rule_code
            and findings.operator_id = verdicts.operator_id
            and findings.operator_journey_id = verdicts.operator_journey_id
    left join {{ ref('int_late_journeys') }} as late
        on findings.operator_id = late.operator_id and findings.operator_journey_id = late.operator_journey_id
    inner join {{ source('catalogue', 'fraud_rules') }} as rules
        on
            findings.rule_code = rules.rule_code
            and findings.start_on >= rules.from_on
            and findings.start_on < rules.to_on
    where rules.is_excluding or late.operator_id is null
    union all by name
    select
        verdicts.rule_code,
        verdicts.operator_id,
        verdicts.operator_journey_id,
        verdicts.start_on,
        -- What a final verdict rests on is forgotten: where it may be another operator's journey, it is taken to be.
        verdicts.rule_code not in {{ own_labels() }} as is_across_operators,
        true as is_excluding_by_rule
    from {{ ref('stg_fraud_verdicts') }} as verdicts
    semi join {{ ref('int_accepted_journeys') }} as journeys
        on
            verdicts.operator_id = journeys.operator_id
            and verdicts.operator_journey_id = journeys.operator_journey_id
            and journeys.outcome = 'valid'
    union all by name
    select
        'fraud_decision' as rule_code,
        decisions.operator_id,
        decisions.operator_journey_id,
        journeys.start_on,
        false as is_across_operators,
        false as is_excluding_by_rule
    from {{ ref('stg_fraud_decisions') }} as decisions
    inner join {{ ref('int_accepted_journeys') }} as journeys
        on
            decisions.operator_id = journeys.operator_id
            and decisions.operator_journey_id = journeys.operator_journey_id
            and journeys.outcome = 'valid'
    where decisions.rule_code is null and decisions.effect = 'exclude'
),

decided as (
    select
        computed.rule_code,
        computed.operator_id,
        computed.operator_journey_id,
        arg_max(decisions.effect, decisions.decided_on) as effect,
        max(decisions.decided_on) as decided_on
    from computed
    inner join {{ ref('stg_fraud_decisions') }} as decisions
        on
            computed.operator_id = decisions.operator_id
            and computed.operator_journey_id = decisions.operator_journey_id
            and computed.rule_code = coalesce(decisions.rule_code, computed.rule_code)
    group by all
)

select
    computed.* exclude (is_excluding_by_rule),
    coalesce(decided.effect = 'exclude', computed.is_excluding_by_rule) as is_excluding,
    computed.is_excluding_by_rule,
    decided.decided_on
from computed
left join decided using (rule_code, operator_id, operator_journey_id)
