"""Sparse problems on grids: the maximum flow and the minimum cut."""
