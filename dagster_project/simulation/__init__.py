"""What a campaign would cost, and why an amount is what it is: on the same models as the night."""
