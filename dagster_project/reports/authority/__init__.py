"""What an authority sees of its journeys (annexe 3)."""
