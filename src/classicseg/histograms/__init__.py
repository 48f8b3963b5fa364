"""Values and colors with their counts, and the best split of values into classes."""
