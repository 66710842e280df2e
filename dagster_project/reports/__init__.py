"""Documents people receive: workbooks, PDF, Parquet exports and their manifests.

A document lays out rows and amounts that the warehouse has already settled. Nothing here decides an
amount: a formula in a workbook replays the warehouse's figures in front of the reader, and shows the gap
if there is one.
"""
