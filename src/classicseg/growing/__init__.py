"""How regions grow: from seed pixels to a region a seed, by one criterion a file."""
