"""A journey is a couple on a way: its two persons and its two ends, as columns of every table name them."""

ROLES = ("driver", "passenger")
ENDS = ("start", "end")
