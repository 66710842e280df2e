{# A model's schema is its folder's name: campaigns.campaign_incentives, not main_campaigns. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}
