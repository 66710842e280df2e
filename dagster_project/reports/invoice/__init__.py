"""The platform fee's invoice: PDF with Factur-X, workbook (CONVENTION 6.3, 8.2)."""
