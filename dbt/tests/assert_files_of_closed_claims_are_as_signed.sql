{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_campaign_terms'}}}) }}
-- A signed file is changed by a dated successor. One edited in place moves nothing that is closed, but what is still to
-- be closed goes by it: a band, a cap or the fee that a closing saw is another tonight.
select distinct closed.campaign_id
from {{ ref('int_campaign_terms') }} as closed
inner join {{ ref('int_campaign_terms') }} as tonight
    on closed.campaign_id = tonight.campaign_id and tonight.closing_number = 0
where
    not list_has_all(tonight.bands, closed.bands)
    or not list_has_all(tonight.caps, closed.caps)
    or (tonight.is_fee_per_seat, tonight.fee_ex_vat_cents, tonight.vat_basis_points, tonight.billed_step_m)
    is distinct from (closed.is_fee_per_seat, closed.fee_ex_vat_cents, closed.vat_basis_points, closed.billed_step_m)
