"""An authority's page: what to do, the pot, months, flows, quality, rules (`exports/<authority>/index.html`)."""
