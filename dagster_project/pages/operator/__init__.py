"""An operator's page: its drops and answers, refusals and labels, journeys paid, money, dossier."""
