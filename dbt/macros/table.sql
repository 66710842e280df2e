{% materialization table, adapter="duckdb" %}
    {# A table in one statement. dbt's own builds it beside the old one and renames; here nobody reads a cache
       before the whole of it is renamed into place (warehouse/cache.py), so that the detour saves nothing. #}
    {%- set relation = this.incorporate(type="table") -%}
    {{ drop_relation_if_exists(load_cached_relation(relation)) }}
    {% call statement("main") -%}
        {{ create_table_as(False, relation, compiled_code) }}
    {%- endcall %}
    {{ adapter.commit() }}
    {{ return({"relations": [relation]}) }}
{% endmaterialization %}
