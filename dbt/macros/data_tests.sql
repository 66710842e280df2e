-- noqa: disable=LT02
{#
    Count what fails the data tests named, into `tests.failures`: one row a test, by dbt's own rule of what is an error.
    A night runs its tests so, all in one operation; only where that cannot run, each as a node of dbt's, to name the
    broken one. Why: D-002.
#}
{% macro count_failures(tests) %}
    {%- set counted -%}
        create schema if not exists entrepot.tests;
        create or replace table entrepot.tests.failures (test varchar, failures bigint, status varchar);
        {% for id in tests %}
        {%- set test = graph.nodes[id] -%}
            insert into entrepot.tests.failures
            select
                '{{ id }}',
                failures,
                case
                    when {{ test.config.severity | upper == "ERROR" }} and should_error then 'fail'
                    when should_warn then 'warn'
                    else 'pass'
                end
            from ({{ get_test_sql(test_sql(test), test.config.fail_calc, test.config.warn_if, test.config.error_if, none) }});
        {% endfor %}
    {%- endset -%}
    {% do run_query(counted) %}
    {% do adapter.commit() %}
{% endmacro %}

{#
    The rows that fail a test: of a file below tests/ its own SQL, of a generic one what its macro says of its model. Of a
    model by month these are the months made tonight: the others held when they were made. A test whose key may lie in
    two months reads all (meta: across_months).
#}
{% macro test_sql(test) -%}
    {%- if test.test_metadata -%}
        {%- set model = graph.nodes[test.attached_node] -%}
        {%- set rows = namespace(tested=model.relation_name) -%}
        {%- set is_in_files = var("months").folder and model.config.materialized in ("by_month", "kept_whole") -%}
        {%- if is_in_files and not test.config.meta.across_months -%}
            {%- set files = month_files(model.schema ~ "." ~ model.alias, "is_made") -%}
            {%- set rows.tested = month_source(files) if files else "(from " ~ rows.tested ~ " limit 0)" -%}
        {%- endif -%}
        {{- context["test_" ~ test.test_metadata.name](**dict(test.test_metadata.kwargs, model=rows.tested)) -}}
    {%- else -%}
        {{- render(test.raw_code) -}}
    {%- endif -%}
{%- endmacro %}
