{# How each amount of the tariff came about, of the pairs whose clauses these verdicts know. #}
{% macro tariff_steps(verdicts) -%}
with eligible as (
    select
        pairs.campaign_number,
        pairs.journey_number,
        pairs.clauses,
        verdicts.table_number,
        journeys.distance_m,
        journeys.seats,
        journeys.passenger_contribution_cents,
        journeys.driver_revenue_cents,
        {{ half_up('journeys.distance_m', 'campaigns.billed_step_m') }} * campaigns.billed_step_m as billed_m
    from {{ ref('int_campaign_clauses') }} as pairs
    inner join {{ verdicts }} as verdicts
        on pairs.campaign_number = verdicts.campaign_number and pairs.clauses = verdicts.clauses
    inner join {{ source('catalogue', 'campaigns') }} as campaigns on pairs.campaign_number = campaigns.campaign_number
    inner join {{ ref('int_evaluated_journeys') }} as journeys on pairs.journey_number = journeys.journey_number
    where verdicts.is_eligible and verdicts.table_number is not null
),

bands as (
    select
        campaign_number,
        table_number,
        list({
            band: band, from_m: from_m, to_m: to_m, is_cumulative: is_cumulative, alternatives: alternatives
        } order by band) as bands
    from {{ source('catalogue', 'campaign_bands') }}
    group by campaign_number, table_number
),

-- Money is in units of a billionth of a cent: exact integers up to the one rounding.
banded as (
    select
        eligible.*,
        list_transform(
            list_filter(
                bands.bands,
                lambda band: distance_m >= band.from_m
                and (band.is_cumulative or band.to_m is null or distance_m < band.to_m)
            ),
            lambda band: {
                band: band.band,
                units: {{ band_units('band.alternatives') }}
            }
        ) as band_units
    from eligible
    left join bands
        on eligible.campaign_number = bands.campaign_number and eligible.table_number = bands.table_number
),

adjusted_0 as (
    select
        *,
        list_max(list_transform(band_units, lambda part: part.band)) as band,
        cast(coalesce(list_sum(list_transform(band_units, lambda part: part.units)), 0) as bigint) as units,
        false as is_multiplied
    from banded
),

{% for position in range(1, (var('adjustment_positions') | int(8)) + 1) %}
    adjusted_{{ position }} as (
        select
            before.* replace (
                case
                    when steps.kind is null then before.units
                    when steps.kind = 'plancher_centimes'
                        then greatest(before.units, steps.units * if(steps.is_per_seat, before.seats, 1))
                    when steps.kind = 'plafond_centimes'
                        then least(before.units, steps.units * if(steps.is_per_seat, before.seats, 1))
                    when steps.kind = 'porter_a'
                        then greatest(before.units, before.driver_revenue_cents * {{ units_per_cent() }})
                    when steps.kind = 'deduire'
                        then before.units - before.passenger_contribution_cents * {{ units_per_cent() }}
                    when
                        steps.kind = 'multiplier' and before.is_multiplied and not steps.is_cumulative
                        then before.units
                    when steps.kind = 'multiplier' then before.units * steps.factor_hundredths // 100
                end as units,
                before.is_multiplied or coalesce(steps.kind = 'multiplier', false) as is_multiplied
            ),
            before.units as units_before_{{ position }},
            steps.kind is not null as is_adjusted_{{ position }}
        from adjusted_{{ position - 1 }} as before
        left join {{ source('catalogue', 'campaign_adjustments') }} as steps
            on
                before.campaign_number = steps.campaign_number
                and steps.position = {{ position }}
                and {{ in_force('before.clauses', 'steps.clause_mask') }}
    ),
{% endfor %}

rounded as (
    select
        campaign_number,
        journey_number,
        clauses,
        seats,
        billed_m,
        band,
        band_units,
        {% for position in range(1, (var('adjustment_positions') | int(8)) + 1) %}
            units_before_{{ position }},
            is_adjusted_{{ position }},
        {% endfor %}
        units,
        {{ half_up('greatest(units, 0)', units_per_cent()) }} as tariff_cents
    from adjusted_{{ var('adjustment_positions') | int(8) }}
)

select * from rounded
{%- endmacro %}
