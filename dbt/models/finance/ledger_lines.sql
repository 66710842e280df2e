{{ config(materialized='view', tags=['personal_data']) }}
from {{ lines_by_call() }}
