"""An operator's page: its drops, journeys and amounts, nothing of another's (`drops/<operator>/feedback/`)."""
