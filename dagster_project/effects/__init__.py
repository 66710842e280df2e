"""What a campaign has changed: its effect beside comparable territories, and the counts that tell of it."""
