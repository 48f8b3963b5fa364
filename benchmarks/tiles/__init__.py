"""Images in chunks: beside the whole image, beside dask-image, and by the number of tiles."""
