"""An authority's page: what it has to pay, its pots, months and flows, fate of journeys, rules, documents."""
