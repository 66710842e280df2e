{# No two rows share these columns; only rows that share a 64-bit hash are compared. Shows counts, never values. #}
{% test unique_together(model, columns) %}
    select count(*) as rows_sharing_a_key
    from {{ model }}
    where hash({{ columns | join(', ') }}) in (
        select hash({{ columns | join(', ') }}) from {{ model }} group by all having count(*) > 1
    )
    group by {{ columns | join(', ') }}
    having count(*) > 1
{% endtest %}
