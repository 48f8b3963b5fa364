"""Graphs of regions: which of them touch, what is measured of each, and which of them merge."""
