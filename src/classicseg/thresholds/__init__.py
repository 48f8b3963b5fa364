"""Image to thresholds: where to split the values of the pixels."""
