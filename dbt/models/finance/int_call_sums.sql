{{ config(materialized='by_month', meta={'day': 'period_start_on', 'closings': 'by_call'}) }}
{% set step = 'reached.billed_step_m' %}
{% set least_m = half_up('reached.from_m', step) ~ ' * ' ~ step %}
{% set most_m = half_up('coalesce(reached.to_m, 1000000)', step) ~ ' * ' ~ step %}
-- What a call's lines come to, and how many of them cannot be: what is closed is held against what its closing saw of
-- tariff and caps.
with lines as (
    select
        * replace (coalesce(closing_number, 0) as closing_number),
        kind = 'incentive' and movement = 'entry' as is_asked
    from {{ lines_by_call() }}
),

-- Named one by one, so that the columns' lineage is read.
tariffs as (
    select
        campaign_id,
        closing_number,
        billed_step_m,
        priced['table_number'] as table_number,
        priced['band'] as band,
        priced['from_m'] as from_m,
        priced['to_m'] as to_m,
        priced['is_cumulative'] as is_cumulative,
        priced['alternatives'] as alternatives
    from (
        select
            terms.campaign_id,
            terms.closing_number,
            terms.billed_step_m,
            unnest(terms.bands) as priced
        from {{ ref('int_campaign_terms') }} as terms
        where not terms.is_adjusted
    )
),

claims as (
    select distinct
        campaign_id,
        closing_number,
        table_number,
        band,
        seats
    from lines
    where movement = 'entry'
),

-- The least and the most that a band pays for so many seats: its two ends, billed. Adjustments know no bounds.
ends as (
    select
        claims.campaign_id,
        claims.closing_number,
        claims.table_number,
        claims.band,
        claims.seats,
        {{ half_up('sum(' ~ band_units('bands.alternatives', least_m, 'claims.seats') ~ ')', units_per_cent()) }}
            as least_cents,
        {{ half_up('sum(' ~ band_units('bands.alternatives', most_m, 'claims.seats') ~ ')', units_per_cent()) }}
            as most_cents
    from claims
    inner join tariffs as reached
        on
            claims.campaign_id = reached.campaign_id
            and claims.closing_number = reached.closing_number
            and claims.table_number = reached.table_number
            and claims.band = reached.band
    inner join tariffs as bands
        on
            reached.campaign_id = bands.campaign_id
            and reached.closing_number = bands.closing_number
            and reached.table_number = bands.table_number
            and (reached.band = bands.band or (bands.is_cumulative and reached.band > bands.band))
    group by claims.campaign_id, claims.closing_number, claims.table_number, claims.band, claims.seats
)

select
    lines.campaign_id,
    lines.operator_id,
    lines.call_start_on as period_start_on,
    count(*) filter (
        where lines.is_asked
        and lines.tariff_cents > 0
        and lines.tariff_cents not between ends.least_cents and ends.most_cents
    ) as amounts_outside_their_band,
    count(*) filter (
        where lines.is_asked
        and not (
            0 <= lines.incentive_cents
            and lines.incentive_cents <= lines.capped_cents
            and lines.capped_cents <= lines.tariff_cents
        )
    ) as amounts_above_tariff_or_caps,
    count(*) filter (
        where lines.is_asked and lines.incentive_cents > 0 and not lines.is_eligible
    ) as ineligible_journeys_paid,
    count(*) filter (
        where lines.kind = 'incentive' and not lines.is_adjustment and lines.incentive_cents > 0
    ) as subsidised_journeys,
    cast(sum(lines.incentive_cents) as bigint) as incentive_cents,
    cast(sum(lines.fee_ex_vat_cents + lines.vat_cents) as bigint) as fee_cents
from lines
left join ends
    on
        lines.campaign_id = ends.campaign_id
        and lines.closing_number = ends.closing_number
        and lines.table_number = ends.table_number
        and lines.band = ends.band
        and lines.seats = ends.seats
group by lines.campaign_id, lines.operator_id, lines.call_start_on
