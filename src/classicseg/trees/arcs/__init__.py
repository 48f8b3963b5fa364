"""Arcs: what two regions share. What is measured of them, how strong they are, and regions merged by that."""
