"""Contours that move: sets of pixels that grow and shrink along their borders."""
