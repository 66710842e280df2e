{# No two rows share these columns; only rows whose 64-bit hash is shared are compared. Shows counts, never the values. #}
{% test unique_together(model, columns) %}
    select count(*) as rows_sharing_a_key
    from {{ model }}
    where hash({{ columns | join(', ') }}) in (
        select hash({{ columns | join(', ') }}) from {{ model }} group by all having count(*) > 1
    )
    group by {{ columns | join(', ') }}
    having count(*) > 1
{% endtest %}
