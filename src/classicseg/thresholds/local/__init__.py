"""A threshold for each pixel, from the window around it."""
