{#
    A table, and a view, in one statement. dbt's own build them beside the old one and rename; here nobody reads a cache
    before the whole of it is renamed into place (warehouse/cache.py), so that the detour saves nothing.
#}
{% materialization table, adapter="duckdb" %}
    {%- set relation = this.incorporate(type="table") -%}
    {{ drop_relation_if_exists(load_cached_relation(relation)) }}
    {% call statement("main") -%}
        {{ create_table_as(False, relation, compiled_code) }}
    {%- endcall %}
    {{ adapter.commit() }}
    {{ return({"relations": [relation]}) }}
{% endmaterialization %}

{% materialization view, adapter="duckdb" %}
    {%- set relation = this.incorporate(type="view") -%}
    {% call statement("main") -%}
        create or replace view {{ relation }} as {{ compiled_code }}
    {%- endcall %}
    {{ adapter.commit() }}
    {{ return({"relations": [relation]}) }}
{% endmaterialization %}
