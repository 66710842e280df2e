"""Pages that people open without a server: one self-contained HTML file each, in French.

`page` puts a page together, `charts` and `maps` draw, `rules` and `groups` are on several, `checks` says what
no page may hold; `authority` is an authority's page, `operator` an operator's, `laboratory` a simulation's.
Not here: amounts and counts, which are dbt's. Why: D-260, D-272, D-294.
"""
