"""One file for each optional dependency."""
