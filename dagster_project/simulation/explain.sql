-- name: facts
select
    journeys.operator_id,
    journeys.start_at,
    journeys.operator_class,
    journeys.distance_m,
    journeys.seats,
    journeys.passenger_over_18,
    journeys.passenger_contribution_cents,
    journeys.driver_revenue_cents,
    start_area.commune as start_commune,
    start_area.ville as start_ville,
    start_area.epci as start_epci,
    start_area.aom as start_aom,
    start_area.departement as start_departement,
    start_area.region as start_region,
    start_area.pays as start_pays,
    end_area.commune as end_commune,
    end_area.ville as end_ville,
    end_area.epci as end_epci,
    end_area.aom as end_aom,
    end_area.departement as end_departement,
    end_area.region as end_region,
    end_area.pays as end_pays
from active.int_evaluated_journeys as journeys
left join active.int_evaluated_areas as start_area on journeys.start_area_id = start_area.area_id
left join active.int_evaluated_areas as end_area on journeys.end_area_id = end_area.area_id
where journeys.journey_number = $journey_number;

-- name: amount
select
    incentives.*,
    campaigns.campaign_number,
    tables.table_id,
    tables.article as table_article,
    [rule.id for rule in all_tables.masks if (pairs.clauses & rule.mask) = rule.mask] as tables_in_force
from campaigns.campaign_incentives as incentives
inner join catalogue.campaigns as campaigns using (campaign_id)
inner join campaigns.int_campaign_clauses as pairs using (campaign_number, journey_number)
inner join (
    select
        campaign_number,
        list({ id: table_id, mask: clause_mask } order by table_number) as masks
    from catalogue.campaign_tables
    group by campaign_number
) as all_tables using (campaign_number)
left join catalogue.campaign_tables as tables using (campaign_number, table_number)
where
    incentives.campaign_id = $campaign_id and incentives.operator_id = $operator_id
    and incentives.operator_journey_id = $journey_id
order by incentives.journey_number;

-- name: steps
-- By the journey's number, which reaches into the views; a row of nulls where no tariff applies.
select
    steps.*,
    payees.payee,
    payees.passenger_percent,
    payees.article as payee_article
from (select 1)
left join
    campaigns.campaign_tariff_steps as steps
    on steps.campaign_number = $campaign_number and steps.journey_number = $journey_number
left join
    campaigns.campaign_payees as payees
    on payees.campaign_number = $campaign_number and payees.journey_number = $journey_number;

-- name: call
select
    calls.period_start_on,
    calls.period_end_on,
    calls.call_number,
    calls.is_closed
from (
    select
        campaign_id,
        operator_id,
        max(call_start_on) as period_start_on
    from finance.ledger_lines
    where
        kind = 'incentive' and movement = 'entry'
        and campaign_id = $campaign_id and operator_id = $operator_id and operator_journey_id = $journey_id
    group by all
) as claimed
inner join finance.fund_calls as calls using (campaign_id, operator_id, period_start_on);
