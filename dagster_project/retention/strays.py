"""Rows sent under another journey's id: never current, and none of its versions (dbt's macro is_stray).

Why: D-026.
"""

DELIVERY = "(dropped_at, drop_id, drop_row)"


def with_strays(source: str) -> str:
    """Rows of journeys with `is_stray`: neither a person nor the local day of the first under their id."""
    first = "first_value({}_identity_key) over deliveries"
    people = f"({first.format('driver')}, {first.format('passenger')})"
    return f"""(
        select *,
            driver_identity_key not in {people}
            and passenger_identity_key not in {people}
            and cast(timezone('Europe/Paris', start_at) as date)
            != cast(timezone('Europe/Paris', first_value(start_at) over deliveries) as date) as is_stray
        from {source}
        window deliveries as (
            partition by operator_id, operator_journey_id order by dropped_at, drop_id, drop_row
        )
    )"""
