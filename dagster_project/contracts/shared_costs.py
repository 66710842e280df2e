"""What may be wrong with a car's shared costs (JURIDIQUE étape 6), in French: for operators and authorities.

The codes are those of dbt's shared_cost_breaches.
"""

import polars as pl

# Whose it is, and what is wrong.
BREACHES = pl.DataFrame(
    [
        ("passenger_above_share", "passager", "les incitations du passager dépassent sa part des frais"),
        ("driver_above_share", "conducteur", "les incitations du conducteur dépassent sa part des frais"),
        ("cost_covered", "voiture", "les incitations couvrent tous les frais partagés"),
        (
            "cost_covered_by_authorities",
            "voiture",
            "les incitations de plusieurs autorités couvrent tous les frais partagés",
        ),
        ("driver_above_cost", "conducteur", "le revenu du conducteur dépasse tous les frais"),
    ],
    schema=["breach", "qui", "constat"],
    orient="row",
)
