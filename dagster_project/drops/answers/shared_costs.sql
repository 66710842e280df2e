-- name: shared_costs
-- What passes a share of the costs or all of them, each with its limit, what was given, and the limit in words.
select
    operator_id,
    breach,
    declared_id as trajet_ou_voiture,
    strftime(month_on, '%Y-%m') as mois,
    printf('%d,%02d', limit_cents // 100, limit_cents % 100) as limite_euros,
    printf('%d,%02d', given_cents // 100, given_cents % 100) as recu_euros,
    concat(
        '(',
        array_to_string(list_transform(
            stretches, lambda stretch: concat(
                printf(
                    '%d,%03d km',
                    cast(round(stretch.length_mm / 1000) as bigint) // 1000,
                    cast(round(stretch.length_mm / 1000) as bigint) % 1000
                ),
                if(breach in ('passenger_above_share', 'driver_above_share'), concat(' ÷ ', stretch.occupants), '')
            )
        ), ' + '),
        ')',
        if(seats > 1, concat(' × ', seats, ' places'), ''),
        printf(' × %d,%03d €/km', thousandths_per_km // 1000, thousandths_per_km % 1000)
    ) as calcul_de_la_limite
from compliance.shared_cost_breaches
where month_on >= $since
order by operator_id, month_on, declared_id, breach;
