-- name: counts
select
    operator_name,
    breach,
    count(*) as breaches,
    count(*) filter (where is_whole) as listed,
    cast(sum(own_cents) as bigint) as own_cents
from authorities.authority_shared_costs
where authority_id = $authority_id and month_on = $month_on
group by operator_name, breach;

-- name: listed
select
    breach,
    operator_journey_id as journey_id,
    operator_trip_id as operator_journey_id,
    end_slot_at,
    operator_name as "operator", -- noqa: RF06
    own_cents as indemnite_de_l_autorite,
    given_cents as recu,
    limit_cents as limite,
    limit_words as calcul_de_la_limite
from authorities.authority_shared_costs
where authority_id = $authority_id and month_on = $month_on and is_whole
order by operator_name, end_slot_at, operator_trip_id, operator_journey_id nulls first, breach;
