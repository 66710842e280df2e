-- noqa: disable=LT02
{#
    Write down the months of a model that are known, by what they would be made from, in the place of what was written;
    the others are what is asked for, with the name of each.
#}
{% macro months_named(name, inputs) %}
    {%- set is_whole = is_kept_whole(model) -%}
    {%- set tests = graph.nodes.values() | selectattr("resource_type", "eq", "test") -%}
    {#- A test's id tells its rule and columns: one that is new reads all months, for they are made again. -#}
    {%- set tests = tests | selectattr("attached_node", "eq", model.unique_id) | map(attribute="unique_id") | sort -%}
    {% for input in inputs if not input.is_known %}
        insert into entrepot.months.inputs {{ content_by_month(input) }};
    {% endfor %}
    create or replace temp table months_named as
    with contents as (
        select model as input, month_on, content, head, tail from entrepot.months.files where rows > 0
        union all
        select input, month_on, content, content, content from entrepot.months.inputs
    ),

    months as (
        {% if is_whole %}
            select date '{{ month_of_all() }}' as month_on
        {% else %}
            select distinct month_on from contents
            where
                month_on is not null
                and input in ('{{ inputs | selectattr("has_months") | map(attribute="name") | join("', '") }}')
        {% endif %}
    ),

    read as (
        {% for input in inputs %}
            select
                months.month_on,
                '{{ input.name }}' as input,
                {{ "own.month_on" if is_whole else "null::date" }} as part_on,
                concat_ws(
                    ' ', own.content{% if input.around %}, 'before', before.tail, 'after', after.head{% endif %}
                ) as content
            from months
            left join contents as own
                on
                    own.input = '{{ input.name }}'
                    {{ "and own.month_on = months.month_on" if input.kind != "whole" and not is_whole }}
            {% if input.around %}
                left join contents as before
                    on before.input = own.input and before.month_on = months.month_on - interval 1 month
                left join contents as after
                    on after.input = own.input and after.month_on = months.month_on + interval 1 month
            {% endif %}
            {{ "union all" if not loop.last }}
        {% endfor %}
    ),

    named as (
        select
            month_on,
            md5(concat_ws(
                '|', '{{ var("months").engine }}', '{{ var("months").key }}', '{{ local_md5(compiled_code ~ tests) }}',
                string_agg(concat(input, ' ', part_on, ' ', content), '|' order by input, part_on)
            )) as made_from
        from read
        group by month_on
    ),

    known as (
        select * from entrepot.months.files where model = '{{ name }}'
        {% if var("yesterday") %}
            union all
            select * replace (false as is_made) from yesterday.months.files where model = '{{ name }}'
        {% endif %}
    )

    select
        '{{ name }}' as model,
        named.month_on,
        named.made_from,
        known.* exclude (model, month_on, made_from)
    from named
    left join known on named.month_on = known.month_on and named.made_from = known.made_from
    qualify row_number() over (partition by named.month_on order by known.is_made desc) = 1;
    delete from entrepot.months.files where model = '{{ name }}';
    insert into entrepot.months.files from months_named where is_made is not null;
    select month_on::varchar
    from months_named
    where is_made is null
    order by all
{% endmacro %}

{# One text for some rows, in whatever order they come. #}
{% macro rows_content(rows, condition=none) -%}
    {%- set filter = "filter (" ~ condition ~ ")" if condition else "" -%}
    md5(concat_ws(
        ' ', count(*) {{ filter }}, sum(hash({{ rows }})) {{ filter }}, bit_xor(hash({{ rows }})) {{ filter }}
    ))
{%- endmacro %}

{# What an input holds, as a number, month by month; of one that is read whole, in one row without a month. #}
{% macro content_by_month(input) %}
    {%- set content = rows_content("input") -%}
    {% if input.kind == "lake" %}
        -- Lake months are UTC's: of Europe/Paris's, the first hours lie in the one before.
        select '{{ input.name }}', month_on, string_agg(content, ' ' order by content)
        from (
            select unnest([month_on, month_on + interval 1 month])::date as month_on, content from entrepot.months.lake_files
        )
        group by month_on
    {% elif input.kind == "closings" and not input.closings %}
        select '{{ input.name }}', null, md5(string_agg(content, ' ' order by content))
        from entrepot.months.closing_files where table_name in ('{{ input.tables | join("', '") }}')
    {% elif input.kind == "closings" %}
        select '{{ input.name }}', months.month_on, md5(string_agg(files.content, ' ' order by files.content))
        from entrepot.months.closing_files as files
        inner join {{ closing_months(input.closings) }} as months
            on
                files.closing_number = months.closing_number
                and coalesce(
                    files.month_on between months.journey_month_on - interval 1 month
                    and months.journey_month_on + interval 1 month,
                    true
                )
        where files.table_name in ('{{ input.tables | join("', '") }}')
        group by months.month_on
    {% elif input.kind == "dated" %}
        select '{{ input.name }}', date_trunc('month', {{ input.day }})::date as month_on, {{ content }}
        from {{ input.relation }} as input where {{ input.day }} is not null group by all
    {% else %}
        select '{{ input.name }}', null, {{ content }} from {{ input.relation }} as input
    {% endif %}
{% endmacro %}

{# Write down the month that is made; where it has rows, the file that it gets is what is asked for. #}
{% macro month_kept(name, month, day) %}
    insert into entrepot.months.files by name
    select
        asked.model,
        asked.month_on,
        asked.made_from,
        made.*,
        asked.model || '/' || asked.month_on || '-' || asked.made_from || '.parquet' as file,
        true as is_made
    from months_named as asked
    cross join (
        select
            count(*) as rows,
            {{ rows_content("made") }} as content,
            {% for part, bound in [
                ("head", "< date '" ~ month ~ "' + interval " ~ days_around().after ~ " day"),
                ("tail", "> last_day(date '" ~ month ~ "') - interval " ~ days_around().before ~ " day"),
            ] %}
                {{ rows_content("made", "made." ~ day ~ " " ~ bound if day) }} as {{ part }},
            {% endfor %}
        from month_rows as made
    ) as made
    where asked.month_on = date '{{ month }}';
    select file from entrepot.months.files where model = '{{ name }}' and rows > 0 and month_on = date '{{ month }}'
{% endmacro %}
