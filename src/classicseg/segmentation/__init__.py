"""Image to labels: one file an algorithm, none of which imports another."""
