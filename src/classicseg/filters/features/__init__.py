"""Features of pixels: what their neighborhoods look like, at several scales."""
