"""What the public reads: a page of the country, and one of each département, from the editions alone."""
