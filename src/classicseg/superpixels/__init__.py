"""Superpixels: where they start, which pixels join them, and how each becomes one piece."""
