{{ config(materialized='view') }}
-- A grant counts from its instant until the operator's next one.
select
    operator_id,
    granted_class,
    from_at,
    coalesce(
        lead(from_at) over (partition by operator_id order by from_at), timestamptz '9999-12-31 00:00:00+00'
    ) as to_at
from {{ source('catalogue', 'operator_classes') }}
