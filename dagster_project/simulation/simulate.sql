-- name: amounts
-- Reasons in the order of the file: failed tests, caps that cut, the pot.
select
    incentives.journey_number,
    incentives.start_at,
    incentives.is_eligible as eligible,
    array_to_string(
        incentives.failed_tests
        || if(incentives.is_ambiguous and incentives.is_eligible, ['tarif_ambigu'], [])
        || coalesce(cuts.caps, [])
        || if(incentives.is_cut_by_budget, ['budget'], []),
        '|'
    ) as reasons,
    incentives.tariff_cents as amount_before_caps_cents,
    incentives.incentive_cents as amount_cents,
    incentives.fee_ex_vat_cents + incentives.vat_cents as fee_cents,
    payees.payee as beneficiaire,
    incentives.incentive_cents * payees.passenger_percent // 100 as passenger_cents,
    incentives.incentive_cents - passenger_cents as driver_cents
from campaigns.campaign_incentives as incentives
left join campaigns.campaign_payees as payees using (journey_number)
left join (
    select
        journey_number,
        list(cap_id order by position) as caps
    from campaigns.campaign_cap_steps
    where cents_after < cents_before
    group by journey_number
) as cuts using (journey_number);
