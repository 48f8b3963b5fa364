"""Sparse problems on grids: random walks, and the cheapest cuts of graphs."""
