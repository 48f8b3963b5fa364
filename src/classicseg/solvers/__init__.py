"""Sparse problems on grids: systems of equations and their solvers."""
