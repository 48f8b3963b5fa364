"""The catalogue in tiles: dask arrays in, lazy labels out, which are those of the whole image."""
