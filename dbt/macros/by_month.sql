-- noqa: disable=LT02
{#
    A table as one encrypted file a month, named by what it was made from: the model's code, the engine, and the content
    of all that the month reads. Where the published cache has a file of that name, it is kept and nothing runs; so a
    change goes on only as far as it changes something. Why: D-193.

    The model's text reads as if all were made at once. What one month of it reads of an input:
    - of a model by month, and of what says by which column its rows are dated (meta: day), that month;
    - of what the model names in `meta: around`, with that column, the days around the month, too;
    - of a closing's tables (meta: closing_tables), the closings of that month, where the model says which these are
      (meta: closings): `by_journey`, those that may have settled a journey of it; `by_call`, those whose call begins in it;
    - of anything else, and by call of what is dated by journey, all of it.
    Rows of another month are left out, where the model says by which column its rows are dated; of a model that reads
    nothing but the files of the month, such a row is an error, for no month would hold it.
#}
{% materialization by_month, adapter="duckdb" %}
    {{ return(shown_from_files()) }}
{% endmaterialization %}

{#
    A table of all months as one such file: of what has to be made at once, and costs more to make than to keep. It reads
    all of what it names, so any change of that makes it anew.
#}
{% materialization kept_whole, adapter="duckdb" %}
    {{ return(shown_from_files()) }}
{% endmaterialization %}

{# Whether a model is kept whole, and the month in whose name its file stands. #}
{% macro is_kept_whole(node) %}{{ return(node.config.get("materialized") == "kept_whole") }}{% endmacro %}
{% macro month_of_all() %}{{ return("0001-01-01") }}{% endmacro %}

{# Make the files that are to be made; show those that there are as one view. #}
{% macro shown_from_files() %}
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
            {%- set nothing = "select * from (" ~ compiled_code ~ ") as made where false" -%}
            {{ create_table_as(False, relation, nothing if var("months").folder else compiled_code) }}
        {% endif %}
    {%- endcall %}
    {{ adapter.commit() }}
    {{ return({"relations": [relation]}) }}
{% endmacro %}

{# The files of the months that there are now of a model, or of some of them. #}
{% macro month_files(name, condition="true") %}
    {% if var("months").folder %}
        {{ return(run_query(
            "select file from entrepot.months.files where model = '" ~ name ~ "' and rows > 0 and " ~ condition
            ~ " order by month_on"
        ).columns[0].values() | list) }}
    {% endif %}
    {{ return([]) }}
{% endmacro %}

{# Keep what is known of this model's months, make the others, and write both down. #}
{% macro make_months() %}
    {%- set name = this.schema ~ "." ~ this.identifier -%}
    {%- set is_whole = is_kept_whole(model) -%}
    {%- set day = none if is_whole else config.get("meta").get("day") -%}
    {%- set inputs = month_inputs() -%}
    {%- set by_month = namespace(code=compiled_code) -%}
    {% for input in inputs if not is_whole and input.kind != "whole" %}
        {%- set by_month.code = by_month.code.replace(input.relation, '"temp"."main"."' ~ input.identifier ~ '"') -%}
    {% endfor %}
    {%- set asked = run_query(months_named(name, inputs)).columns[0].values() | list -%}
    {%- set has_contract = asked and config.get("contract").enforced -%}
    {% if has_contract %}{% do get_assert_columns_equivalent(compiled_code) %}{% endif %}
    {%- set kinds = inputs | map(attribute="kind") | list -%}
    {%- set reads_others =
        "lake" in kinds or "dated" in kinds or "closings" in kinds or inputs | selectattr("around") | list -%}
    {%- set worker = var("months").worker -%}
    {%- set own = asked[worker.number::worker.of] -%}
    {% for month in own + (asked | reject("in", own) | list) if month in own or not made_elsewhere(name, month) %}
        {%- set made -%}
            set variable month_on = {{ "null" if is_whole else "date '" ~ month ~ "'" }};
            {% for input in inputs if not is_whole and input.kind != "whole" %}{{ month_view(input, month) }};{% endfor %}
            create or replace temp table month_rows
            {% if has_contract %}
                {{ get_table_columns_and_constraints() }};
                insert into month_rows by name
            {% else %}
                as
            {% endif %}
            select * from ({{ by_month.code }}) as made
            {% if day %}
                {%- set is_own = "date_trunc('month', made." ~ day ~ ") = '" ~ month ~ "'" -%}
                where {{ is_own if reads_others else "if(" ~ is_own ~ ", true, error('" ~ name
                    ~ " made a row of another month than what it was made from'))" }}
            {% endif %};
            {{ month_kept(name, month, day) }}
        {%- endset -%}
        {% for (file,) in run_query(made).rows %}
            {# In no transaction, which would keep the memory of all months until its end. #}
            {% call statement(auto_begin=False) %}
                copy month_rows to '{{ var("months").folder }}/{{ file }}' (
                    format parquet, compression zstd, compression_level 1,
                    encryption_config {footer_key: '{{ var("months").key }}'}
                )
            {% endcall %}
        {% endfor %}
        {% if worker.of > 1 %}{% do tell_workers(name, month) %}{% endif %}
        {% if loop.first %}{% do refuse_wide_integers() %}{% endif %}
    {% endfor %}
{% endmacro %}

{# Where several workers share the folder of months, what one of them knows of a month that it has made. #}
{% macro told_file(name, month) %}
    {{ return(var("months").folder ~ "/" ~ run_query(
        "select model || '/' || month_on || '-' || made_from || '.told' from months_named where month_on = '" ~ month ~ "'"
    ).columns[0].values()[0]) }}
{% endmacro %}

{% macro tell_workers(name, month) %}
    {% do run_query(
        "copy (from entrepot.months.files where model = '" ~ name ~ "' and month_on = '" ~ month ~ "') to '"
        ~ told_file(name, month) ~ "' (format parquet, use_tmp_file true, encryption_config {footer_key: '"
        ~ var("months").key ~ "'})"
    ) %}
{% endmacro %}

{# Wait until another worker has told of a month, and take it over; whether it has, in the time that there is. #}
{% macro made_elsewhere(name, month) %}
    {%- set file = told_file(name, month) -%}
    {%- set is_told = run_query("select is_told('" ~ file ~ "')").columns[0].values()[0] -%}
    {% if is_told %}
        {% do run_query(
            "insert into entrepot.months.files select * replace (false as is_made) from read_parquet('" ~ file
            ~ "', encryption_config = {footer_key: '" ~ var("months").key ~ "'})"
        ) %}
    {% endif %}
    {{ return(is_told) }}
{% endmacro %}

{# Raise where what was made for a month has integers of 128 bits. #}
{% macro refuse_wide_integers() %}
    {%- set wide = run_query(
        "select column_name from duckdb_columns() where table_name = 'month_rows' and data_type like '%HUGEINT'"
    ).columns[0].values() -%}
    {% if wide %}
        {{ exceptions.raise_compiler_error(
            "A month file has no integers of 128 bits: Parquet would keep them as floats, and they may be cents. "
            ~ "Cast to bigint: " ~ wide | join(", ")
        ) }}
    {% endif %}
{% endmacro %}

{# Whether months are made one by one now: of a small base, a model by month is one table. #}
{% macro is_one_month() -%}getvariable('month_on') is not null{%- endmacro %}

{# Whether a month is the one that is made; where months are not made one by one, each is. #}
{% macro is_made_now(month_on) -%}coalesce({{ month_on }} = getvariable('month_on'), true){%- endmacro %}

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
    {%- set is_whole = is_kept_whole(model) -%}
    {%- set closings = none if is_whole else (config.get("meta") or {}).get("closings") -%}
    {%- set inputs = [] -%}
    {% for id in model.depends_on.nodes | unique %}
        {%- set node = graph.nodes.get(id) or graph.sources[id] -%}
        {%- set name = node.schema ~ "." ~ (node.alias or node.identifier) -%}
        {%- set meta = node.config.get("meta") or {} -%}
        {%- set is_by_month = node.config.get("materialized") == "by_month" -%}
        {%- set has_our_months = is_whole or (meta.get("closings") == "by_call") == (closings == "by_call") -%}
        {%- set tables = meta.get("closing_tables") if closings or is_whole else none -%}
        {%- set files = {} -%}
        {% for row in rows if row[0] == name and row[2] and has_our_months and is_by_month %}
            {% do files.update({row[1]: row[2]}) %}
        {% endfor %}
        {%- set kind -%}
            {%- if tables -%}closings
            {%- elif not has_our_months -%}whole
            {%- elif files -%}files
            {%- elif meta.get("lake") -%}lake
            {%- elif meta.get("day") and not is_whole -%}dated
            {%- else -%}whole
            {%- endif -%}
        {%- endset -%}
        {#- What one model reads by month and another whole, or by call, is told twice. -#}
        {%- set part -%}
            {%- if tables -%}{{ " " ~ (closings or "all") }}
            {%- elif kind == "dated" -%}{{ " dated" }}
            {%- elif kind == "whole" and is_by_month -%}{{ " whole" }}
            {%- endif -%}
        {%- endset -%}
        {%- set told = name ~ part -%}
        {% do inputs.append({
            "name": told,
            "identifier": node.alias or node.identifier,
            "relation": node.relation_name,
            "day": meta.get("day"),
            "kind": kind,
            "tables": tables,
            "closings": closings,
            "has_months": tables or has_our_months and (
                is_by_month or "lake" in meta or closings == "by_call" and kind == "dated"
            ),
            "files": files,
            "is_known": told in known,
            "around": none if is_whole else (config.get("meta").get("around") or {}).get(node.name),
        }) %}
    {% endfor %}
    {{ return(inputs) }}
{% endmacro %}

{# The closings that each month reads, and the months of journeys that these have settled. #}
{% macro closing_months(closings) -%}
    {%- if closings == "by_call" -%}
        (
            select
                closing_number,
                null::date as journey_month_on,
                date_trunc('month', call_start_on)::date as month_on
            from entrepot.ledger.closing_calls
        )
    {%- else -%}
        entrepot.ledger.int_closing_months
    {%- endif -%}
{%- endmacro %}

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
    {% elif input.kind == "closings" %}
        from {{ input.relation }}
        where closing_number in (
            select closing_number from {{ closing_months(input.closings) }} where month_on = date '{{ month }}'
        )
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
