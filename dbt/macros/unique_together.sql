{# No two rows share these columns. Shows counts, never the values. #}
{% test unique_together(model, columns) %}
    select count(*) as rows_sharing_a_key
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1
{% endtest %}
