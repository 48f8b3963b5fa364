"""What every algorithm stands on; knows none: kernels, bands of rows, the parsing of images, grids of pixels."""
