"""What tests share: drops and deliveries, made-up years and campaigns, calls, invoices, spreadsheets."""
