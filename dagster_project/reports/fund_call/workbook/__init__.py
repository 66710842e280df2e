"""The fund call's workbook, a file per sheet."""
