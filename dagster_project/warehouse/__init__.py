"""The DuckDB cache that a night builds with dbt, and how dbt runs. Not here: any rule (dbt/models)."""
