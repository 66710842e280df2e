"""Pages that people open without a server: one self-contained HTML file each, in French.

`page` puts a page together, `charts` and `maps` draw, `checks` says what it may not hold; `authority` is one.
Not here: amounts and counts, which are dbt's. Why: D-260.
"""
