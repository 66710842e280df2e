with priced as (
    select
        eligibility.campaign_id,
        eligibility.operator_id,
        eligibility.operator_journey_id,
        eligibility.start_at,
        eligibility.distance_m,
        eligibility.seats,
        eligibility.is_eligible,
        eligibility.failed_tests,
        bands.band,
        campaigns.budget_cents,
        campaigns.is_fee_in_budget,
        campaigns.vat_percent,
        case when campaigns.is_tariff_per_seat then eligibility.seats else 1 end as tariff_units,
        case
            when not eligibility.is_fee_due then 0
            when campaigns.is_fee_per_seat then eligibility.seats
            else 1
        end as fee_units,
        campaigns.fee_ex_vat_cents as unit_fee_ex_vat_cents,
        {{ half_up('eligibility.distance_m', 'campaigns.billed_step_m') }} * campaigns.billed_step_m as billed_m,
        bands.flat_cents,
        bands.tenth_cents_per_km
    from {{ ref('campaign_eligibility') }} as eligibility
    inner join {{ source('catalogue', 'campaigns') }} as campaigns
        on eligibility.campaign_id = campaigns.campaign_id
    left join {{ source('catalogue', 'campaign_bands') }} as bands
        on
            eligibility.is_eligible
            and eligibility.campaign_id = bands.campaign_id
            and eligibility.distance_m >= bands.from_m
            and eligibility.distance_m < coalesce(bands.to_m, 2147483647)
),

-- Tenths of cents per kilometre × metres = 1/10 000 of a cent: one rounding, at the very end.
amounts as (
    select
        * exclude (flat_cents, tenth_cents_per_km, unit_fee_ex_vat_cents, tariff_units, fee_units),
        case
            when band is null then 0
            when flat_cents is not null then flat_cents * tariff_units
            else {{ half_up('tenth_cents_per_km * billed_m * tariff_units', '10000') }}
        end as tariff_cents,
        fee_units * unit_fee_ex_vat_cents as due_fee_ex_vat_cents,
        fee_units * {{ half_up('unit_fee_ex_vat_cents * vat_percent', '100') }} as due_vat_cents
    from priced
)

select * from amounts
