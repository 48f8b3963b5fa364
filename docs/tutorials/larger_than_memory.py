"""An image larger than memory
===========================

A slide or a satellite image may have more pixels than memory has bytes. It is stored in chunks, and the
functions of ``classicseg.extras.dask`` work on the chunks. The labels are those of the whole image, to the last
bit.

Needs ``classicseg[dask]``, matplotlib and scikit-image. The image here is small, so that the page is drawn
quickly; nothing would change for a large one.
"""

# %%
# An image in chunks
# ------------------
# We write an image of 8 x 8 coins photographs to a Zarr store, and forget it.

import tempfile
from pathlib import Path

import dask.array as da
import numpy as np
import zarr
from matplotlib.figure import Figure
from skimage import data

from classicseg import connected_regions, threshold_segment
from classicseg.extras import dask as tiled
from classicseg.extras.plot import overlay

folder = tempfile.TemporaryDirectory()
store = Path(folder.name) / "slide.zarr"
whole = np.tile(data.coins(), (8, 8))
array = zarr.create_array(store, shape=whole.shape, chunks=(512, 512), dtype=whole.dtype)
array[:] = whole

image = da.from_zarr(store)
print(image.shape, "in", image.numblocks, "chunks of", image.chunksize)

# %%
# Labels in chunks
# ----------------
# The same names as always. The call looks at the whole image once, chunk by chunk, because Otsu's threshold
# depends on all of it. The labels are not computed yet: they are a plan.

classes = tiled.threshold_segment(image)
regions = tiled.connected_regions(classes == 2)
print(type(regions).__name__, regions.dtype, regions.chunksize)

# %%
# A coin that lies on the seam of two chunks is one region: pieces are joined over the seams.
#
# Compute, or store
# -----------------
# ``compute`` brings a part into memory. ``to_zarr`` writes all of it, and holds only a few chunks at a time.

part = regions[400:700, 400:800].compute()
da.to_zarr(regions, Path(folder.name) / "labels.zarr")
print(part.shape, part.max())

figure = Figure(figsize=(6, 4.6), dpi=100, layout="constrained")
overlay(whole[400:700, 400:800], part, ax=figure.add_subplot())

# %%
# The same, to the last bit
# -------------------------

expected = connected_regions(threshold_segment(whole) == 2)
print((zarr.open_array(Path(folder.name) / "labels.zarr")[:] == expected).all())
folder.cleanup()

# %%
# On the command line, from store to store; killed, it goes on where it was:
#
# ::
#
#     classicseg threshold slide.zarr --out labels.zarr
#
# On a cluster, make a ``dask.distributed.Client`` first, or add ``--scheduler tcp://host:8786``. Which
# functions there are in tiles, and what they cost, says :doc:`the page on tiles </tiles>`.
