{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_campaign_terms'}}}) }}
-- A signed file is changed by a dated successor. One edited in place moves nothing that is closed, and what is still to
-- be closed goes by it: a table that the last closing saw, or a fee, says something else tonight.
with last_closings as (
    select *
    from {{ ref('int_campaign_terms') }}
    where closing_number > 0
    qualify row_number() over (partition by campaign_id order by closing_number desc) = 1
)

select last_closings.campaign_id
from last_closings
inner join {{ ref('int_campaign_terms') }} as tonight
    on last_closings.campaign_id = tonight.campaign_id and tonight.closing_number = 0
where
    not list_has_all(tonight.bands, last_closings.bands)
    or not list_has_all(tonight.caps, last_closings.caps)
    or (tonight.is_fee_per_seat, tonight.fee_ex_vat_cents, tonight.vat_basis_points, tonight.billed_step_m)
    is distinct from (
        last_closings.is_fee_per_seat, last_closings.fee_ex_vat_cents, last_closings.vat_basis_points,
        last_closings.billed_step_m
    )
