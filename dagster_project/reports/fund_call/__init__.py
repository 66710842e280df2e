"""The fund call: letter, workbook, journeys, proof (CONVENTION 8.3, annexe 2)."""
