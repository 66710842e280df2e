"""The warehouse of the carpooling proof registry."""

import gc

# A night makes millions of small objects that live on: to look through them 700 by 700 took a twelfth of it.
gc.set_threshold(100_000, 20, 100)
