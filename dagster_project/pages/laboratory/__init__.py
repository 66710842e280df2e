"""What another rule would cost: variants of a campaign side by side, as a page and as an annex."""
