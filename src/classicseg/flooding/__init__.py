"""Surfaces that are flooded: their minima, and floods that rise from markers."""
