"""An authority's page: what it has to pay, its pots, what became of journeys, rules, documents."""
