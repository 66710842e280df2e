"""The page that tells what a campaign has changed, and how that is known."""
