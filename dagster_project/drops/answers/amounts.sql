-- name: recent
-- Read once for all operators.
create or replace temp table recent_amounts as
select *
from compliance.driver_incentives
where start_on >= $since;

-- name: amounts
-- What each campaign gives for a journey; « arrêtée » once its call has closed. Cents as French euros.
select
    operator_journey_id,
    start_on as jour_du_depart,
    campaign_id as campagne,
    payee as beneficiaire,
    printf('%d,%02d', incentive_cents // 100, incentive_cents % 100) as indemnite_euros,
    printf('%d,%02d', driver_cents // 100, driver_cents % 100) as dont_conducteur_euros,
    if(incentive_closing is null, 'provisoire', 'arrêtée') as etat,
    printf('%d,%02d', driver_revenue_cents // 100, driver_revenue_cents % 100) as revenu_declare_euros,
    printf('%d,%02d', missing_cents // 100, missing_cents % 100) as manque_au_conducteur_euros
from recent_amounts
where operator_id = $operator_id
order by start_on, operator_journey_id, campaign_id;
