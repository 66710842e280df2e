-- Until when it is known what was paid on a demand: as far as bank statements go, and none is missing (D-217).
with shown as (
    select
        operator_id,
        least(max(last_on), cast('{{ var("business_date") }}' as date)) as seen_on
    from {{ ref('stg_statements') }}
    group by operator_id
),

periods as (
    select
        operator_id,
        first_on,
        max(last_on) over (
            partition by operator_id order by first_on, last_on rows between unbounded preceding and 1 preceding
        ) as before_on
    from {{ ref('stg_statements') }}
    where first_on is not null
),

-- Between two statements that both say which days they cover, more than an Easter weekend without any: one is missing,
-- unless one that says none shows a line of those days (D-217).
holes as (
    select periods.*
    from periods
    anti join {{ ref('stg_statements') }} as told
        on
            periods.operator_id = told.operator_id
            and told.first_on is null
            and told.last_on between periods.before_on + 1 and periods.first_on - 1
    where first_on - before_on > 6
)

-- What was paid on a demand may stand on the statement that is missing, from the day that the demand went out.
select
    demands.operator_id,
    demands.reference,
    any_value(shown.seen_on) as seen_on,
    least(any_value(shown.seen_on), min(holes.before_on)) as known_until_on
from {{ ref('demands') }} as demands
inner join shown on demands.operator_id = shown.operator_id
left join holes
    on demands.operator_id = holes.operator_id and demands.sent_on < holes.first_on
group by all
