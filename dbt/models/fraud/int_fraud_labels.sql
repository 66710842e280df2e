{{ config(materialized='by_month', meta={'day': 'start_on'}) }}
with labels as (
    select
        findings.rule_code,
        journeys.month_on,
        journeys.operator_id,
        journeys.operator_journey_id,
        journeys.start_on,
        bool_or(findings.is_across_operators) as is_across_operators,
        max(findings.score) as score,
        list_sort(list_distinct(flatten(list(findings.others)))) as others
    from {{ ref('int_fraud_findings') }} as findings
    inner join {{ ref('int_fraud_journeys') }} as journeys
        on findings.month_on = journeys.month_on and findings.journey = journeys.journey
    where journeys.is_own and journeys.is_standing and not journeys.is_settled
    group by all
),

evidence as (
    select
        others.rule_code,
        others.operator_id,
        others.operator_journey_id,
        list(
            struct_pack(operator_id := journeys.operator_id, operator_journey_id := journeys.operator_journey_id)
            order by journeys.start_s, journeys.journey
        ) as evidence
    from (
        select
            rule_code,
            month_on,
            operator_id,
            operator_journey_id,
            unnest(others[1:11]) as journey
        from labels
    ) as others
    inner join {{ ref('int_fraud_journeys') }} as journeys
        on others.month_on = journeys.month_on and others.journey = journeys.journey
    where others.operator_id != journeys.operator_id or others.operator_journey_id != journeys.operator_journey_id
    group by all
)

select
    labels.* exclude (others),
    coalesce(evidence.evidence, []) as evidence
from labels
left join evidence using (rule_code, operator_id, operator_journey_id)
