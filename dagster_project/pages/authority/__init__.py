"""An authority's page: what it has to pay, its pots, its months, fate of journeys, rules, documents."""
