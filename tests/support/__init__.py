"""What tests share: deliveries, made-up years and campaigns, spreadsheets."""
