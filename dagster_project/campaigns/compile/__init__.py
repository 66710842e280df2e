"""From a campaign file to the rows that dbt evaluates: clauses, tariff steps, caps."""
