"""What operators read back: feedback on a drop, follow-up of journeys, labels."""
