"""What two authorities could tell each other by the lines of fund calls: measured with the exports' risk.

Two authorities have no pseudonym in common; a line that looks like no other in both hands ties theirs.
Not here: which columns a line has (dbt/models/authorities), what the archive gives away (risk).
"""

import duckdb

from dagster_project.files.statements import statements

_SQL = statements(__file__)


def call_lines(connection: duckdb.DuckDBPyConnection) -> dict[str, float]:
    """Shares of the lines of fund calls: alone in their authority's; tying two authorities' persons together.

    Each by place and time, then with contribution and revenue as annexe 3 has them, then with the distance.
    """
    connection.execute(_SQL["shown"])
    shares = dict(
        zip(("places", "figures", "distance"), connection.sql(_SQL["alone"]).fetchall()[0], strict=True)
    )
    metrics = {f"call_lines_alone_by_{name}": share or 0.0 for name, share in shares.items()}
    for name, lines, seen, linked in connection.sql(_SQL["linked"]).fetchall():
        metrics["call_lines_of_two_authorities"] = seen / lines if lines else 0.0
        metrics[f"share_of_them_linked_by_{name}"] = linked / seen if seen else 0.0
    return metrics
