-- noqa: disable=LT02
{#
    A table as one encrypted file a month, named by what it was made from: the model's code, the engine, and the content
    of all that the month reads. Where the published cache has a file of that name, it is kept and nothing runs; so a
    change goes on only as far as it changes something. Why: D-193.

    The model's text reads as if all were made at once. What one month of it reads of an input:
    - of a model by month, and of what says by which column its rows are dated (meta: day), that month;
    - of what the model names in `meta: around`, with that column, the days around the month, too;
    - of anything else, all of it.
    Rows of another month are left out, where the model says by which column its rows are dated.
#}
{% materialization by_month, adapter="duckdb" %}
    {% if var("months").folder %}
        {% do make_months() %}
    {% endif %}
    {%- set relation = this.incorporate(type="view") -%}
    {{ drop_relation_if_exists(load_cached_relation(relation)) }}
    {%- set files = month_files(this.schema ~ "." ~ this.identifier) -%}
    {% call statement("main") -%}
        {% if files %}
            create or replace view {{ relation }} as from {{ month_source(files) }}
        {% else %}
            create or replace table {{ relation }} as
            select * from ({{ compiled_code }}) as made {{ "where false" if var("months").folder }}
        {% endif %}
    {%- endcall %}
    {{ adapter.commit() }}
    {{ return({"relations": [relation]}) }}
{% endmaterialization %}

{# The files of the months that there are now of a model. #}
{% macro month_files(name) %}
    {% if var("months").folder %}
        {{ return(run_query(
            "select file from entrepot.months.files where model = '" ~ name ~ "' and rows > 0 order by month_on"
        ).columns[0].values() | list) }}
    {% endif %}
    {{ return([]) }}
{% endmacro %}

{# Keep what is known of this model's months, make the others, and write both down. #}
{% macro make_months() %}
    {%- set name = this.schema ~ "." ~ this.identifier -%}
    {%- set day = config.get("meta").get("day") -%}
    {%- set inputs = month_inputs() -%}
    {%- set code = namespace(text=compiled_code) -%}
    {% for input in inputs if input.kind != "whole" %}
        {%- set code.text = code.text.replace(input.relation, '"temp"."main"."' ~ input.identifier ~ '"') -%}
    {% endfor %}
    {%- set made -%}
        {% for (month_on, made_from) in run_query(months_named(name, inputs)).rows %}
            {%- set file = name ~ "/" ~ month_on ~ "-" ~ made_from ~ ".parquet" -%}
            set variable month_on = date '{{ month_on }}';
            {% for input in inputs if input.kind != "whole" %}{{ month_view(input, month_on) }};{% endfor %}
            create or replace temp table month_rows as select * from ({{ code.text }}) as made
            {{ "where date_trunc('month', made." ~ day ~ ") = date '" ~ month_on ~ "'" if day }};
            {{ month_kept(name, month_on, made_from, file, day) }};
            copy month_rows to '{{ var("months").folder }}/{{ file }}' (
                format parquet, compression zstd, compression_level 1,
                encryption_config {footer_key: '{{ var("months").key }}'}
            );
        {% endfor %}
    {%- endset -%}
    {% if made %}{% do run_query(made) %}{% endif %}
{% endmacro %}

{# First day of the month that is made. #}
{% macro month_on() -%}cast(getvariable('month_on') as date){%- endmacro %}

{# Days before a month and after it that journeys may bear on its journeys. Why: D-048. #}
{% macro days_around() -%}{{ return({"before": 6, "after": 2}) }}{%- endmacro %}

{# The rows of month files, by their names below the folder of months. #}
{% macro month_source(files) -%}
    read_parquet(['{{ files | join("', '") }}'], hive_partitioning = false, encryption_config = {footer_key: '{{ var("months").key }}'})
{%- endmacro %}

{# What a model by month reads, and how a month of it is told: files, lake (files of drops), dated rows, or whole. #}
{% macro month_inputs() %}
    {%- set rows = run_query(
        "select model, month_on::varchar, file from entrepot.months.files where rows > 0 "
        "union all select distinct input, null, null from entrepot.months.inputs"
    ).rows -%}
    {%- set known = rows | map(attribute=0) | list -%}
    {%- set inputs = [] -%}
    {% for id in model.depends_on.nodes | unique %}
        {%- set node = graph.nodes.get(id) or graph.sources[id] -%}
            {%- set name = node.schema ~ "." ~ (node.alias or node.identifier) -%}
            {%- set meta = node.config.get("meta") or {} -%}
            {%- set files = {} -%}
            {% for row in rows if row[0] == name and row[2] %}{% do files.update({row[1]: row[2]}) %}{% endfor %}
            {% do inputs.append({
                "name": name,
                "identifier": node.alias or node.identifier,
                "relation": node.relation_name,
                "day": meta.get("day"),
                "kind": "files" if files else "lake" if meta.get("lake") else "dated" if meta.get("day") else "whole",
                "has_months": node.config.get("materialized") == "by_month" or "lake" in meta,
                "files": files,
                "is_known": name in known,
                "around": (config.get("meta").get("around") or {}).get(node.name),
            }) %}
    {% endfor %}
    {{ return(inputs) }}
{% endmacro %}

{#
    Write down the months of a model that are known, by what they would be made from, in the place of what was written;
    the others are what is asked for, with the name of each.
#}
{% macro months_named(name, inputs) %}
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
        select distinct month_on from contents
        where
            month_on is not null
            and input in ('{{ inputs | selectattr("has_months") | map(attribute="name") | join("', '") }}')
    ),

    read as (
        {% for input in inputs %}
            select
                months.month_on,
                '{{ input.name }}' as input,
                concat_ws(
                    ' ', own.content{% if input.around %}, 'before', before.tail, 'after', after.head{% endif %}
                ) as content
            from months
            left join contents as own
                on own.input = '{{ input.name }}' {{ "and own.month_on = months.month_on" if input.kind != "whole" }}
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
                '|', '{{ var("months").engine }}', '{{ var("months").key }}', '{{ local_md5(compiled_code) }}',
                string_agg(concat(input, ' ', content), '|' order by input)
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
    select month_on::varchar, made_from from months_named where is_made is null order by all
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
    {% elif input.kind == "dated" %}
        select '{{ input.name }}', date_trunc('month', {{ input.day }})::date as month_on, {{ content }}
        from {{ input.relation }} as input where {{ input.day }} is not null group by all
    {% else %}
        select '{{ input.name }}', null, {{ content }} from {{ input.relation }} as input
    {% endif %}
{% endmacro %}

{# What a month reads of an input, under the input's own name. #}
{% macro month_view(input, month_on) %}
    {%- set month = modules.datetime.date.fromisoformat(month_on) -%}
    {%- set before = (month - modules.datetime.timedelta(days=1)).replace(day=1) -%}
    {%- set after = (month + modules.datetime.timedelta(days=31)).replace(day=1) -%}
    {%- set day = input.around or input.day -%}
    create or replace temp view "{{ input.identifier }}" as
    {% if input.kind == "lake" %}
        from {{ input.relation }}
        where
            month in ('{{ before.strftime("%Y-%m") }}', '{{ month.strftime("%Y-%m") }}')
            and start_at >= timestamptz '{{ month }} 00:00:00+00' - interval 1 day
    {% else %}
        {%- set months = [before, month, after] if input.around else [month] -%}
        {%- set files = [] -%}
        {% for one in months if input.files[one | string] %}{% do files.append(input.files[one | string]) %}{% endfor %}
        from {{ month_source(files) if files else input.relation }}
        {% if input.kind == "files" and not files %}
            where false
        {% elif day %}
            where
                {{ day }} >= date '{{ month }}' {{ "- interval " ~ days_around().before ~ " day" if input.around }}
                and {{ day }} < date '{{ after }}' {{ "+ interval " ~ days_around().after ~ " day" if input.around }}
        {% endif %}
    {% endif %}
{% endmacro %}

{# Write down a month that is made. #}
{% macro month_kept(name, month_on, made_from, file, day) %}
    insert into entrepot.months.files by name
    select
        '{{ name }}' as model,
        date '{{ month_on }}' as month_on,
        '{{ made_from }}' as made_from,
        count(*) as rows,
        {{ rows_content("made") }} as content,
        {% for part, bound in [
            ("head", "<= date '" ~ month_on ~ "' + " ~ (days_around().after - 1)),
            ("tail", "> last_day(date '" ~ month_on ~ "') - " ~ days_around().before),
        ] %}
            {{ rows_content("made", day ~ " " ~ bound if day) }} as {{ part }},
        {% endfor %}
        '{{ file }}' as file,
        true as is_made
    from month_rows as made
{% endmacro %}
