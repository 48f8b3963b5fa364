"""Image to edges: what makes them thin, joins them, and finds their place."""
