"""The DuckDB cache that a night builds with dbt, and how dbt runs. Not here: any rule (dbt/models)."""

import sys

# jsonschema, which dbt imports, would compile a grammar of addresses (1.2 s) that nothing here looks at.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
