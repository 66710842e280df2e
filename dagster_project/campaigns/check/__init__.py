"""What a well-formed campaign can still get wrong: overlaps, holes, unknown codes."""
