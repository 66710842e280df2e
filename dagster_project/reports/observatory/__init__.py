"""The observatory's open data: editions kept in the lake, files drawn from them, the list of campaigns.

Not here: who may be told what (dbt/models/observatory), the page (pages/observatory). Why: D-280 to D-289.
"""
