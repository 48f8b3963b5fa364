"""xarray in, xarray out: dimensions, coordinates and units stay, and the spacing comes from them."""

from __future__ import annotations

import doctest
from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_array_equal

xarray = pytest.importorskip("xarray")

import classicseg  # noqa: E402
from classicseg.extras.xarray import segment_dataarray  # noqa: E402

RNG = np.random.default_rng(0)
GREY = (RNG.integers(0, 60, (20, 24)) + 120 * (np.arange(24) > 9)).astype(np.uint8)
WATERSHED = partial(classicseg.watershed_segment, min_depth=30)


def array(values=GREY, dims=("y", "x"), **coords) -> xarray.DataArray:
    if not coords:
        coords = {
            "y": ("y", 4e6 - 20.0 * np.arange(20), {"units": "m"}),
            "x": ("x", 5e5 + 10.0 * np.arange(24), {"units": "m"}),
            "spatial_ref": ((), 0, {"crs_wkt": "…"}),
        }
    return xarray.DataArray(values, dims=dims, coords=coords, attrs={"crs": "EPSG:32618", "units": "K"})


def test_dimensions_coordinates_and_units_stay_and_the_spacing_is_that_of_the_coordinates():
    image = array()
    labels = segment_dataarray(WATERSHED, image)
    assert_array_equal(labels.values, WATERSHED(GREY, spacing=(2, 1)))
    assert labels.dims == image.dims
    assert labels.coords.equals(image.coords)
    assert labels.x.attrs == {"units": "m"}
    assert labels.spatial_ref.attrs == {"crs_wkt": "…"}
    assert labels.attrs == {"crs": "EPSG:32618", "method": "watershed_segment"}  # labels are no kelvins
    assert labels.dtype == np.int32
    typed = segment_dataarray(WATERSHED, image, spacing=(20, 10), sigma=10)
    assert_array_equal(typed.values, WATERSHED(GREY, spacing=(20, 10), sigma=10))


@pytest.mark.parametrize("dims", [("band", "y", "x"), ("y", "band", "x"), ("y", "x", "band")])
def test_the_dimension_of_the_channels_goes(dims):
    stack = array(np.stack([GREY, 255 - GREY, GREY // 2]), ("band", "y", "x")).assign_coords(band=["r", "g", "b"])
    labels = segment_dataarray(classicseg.kmeans_segment, stack.transpose(*dims), n_clusters=3)
    assert labels.dims == ("y", "x")
    assert "band" not in labels.coords
    expected = classicseg.kmeans_segment(stack.values, channel_axis=0, n_clusters=3)
    assert_array_equal(labels.values, expected)
    volume = segment_dataarray(classicseg.threshold_segment, stack, channel_dim=None)
    assert volume.dims == ("band", "y", "x")


def test_masks_go_by_dimensions_and_fill_values_take_no_part():
    image = array()
    image.attrs["_FillValue"] = GREY[0, 0]
    mask = xarray.DataArray((GREY % 7 > 0).T, dims=("x", "y"))
    labels = segment_dataarray(classicseg.threshold_segment, image, mask=mask)
    expected = classicseg.threshold_segment(GREY, mask=(GREY % 7 > 0) & (GREY[0, 0] != GREY))
    assert_array_equal(labels.values, expected)


def test_coordinates_that_are_no_distances():
    uneven = array(y=np.arange(20.0) ** 2, x=np.arange(24.0))
    with pytest.raises(ValueError, match="the coordinates of 'y' are not in even steps"):
        segment_dataarray(WATERSHED, uneven)
    assert segment_dataarray(classicseg.threshold_segment, uneven).shape == GREY.shape  # takes no distances
    assert segment_dataarray(WATERSHED, uneven, spacing=1).shape == GREY.shape
    days = array(y=np.arange(20).astype("M8[D]").astype("M8[ns]"), x=3.0 * np.arange(24))
    assert_array_equal(segment_dataarray(WATERSHED, days).values, WATERSHED(GREY))
    degrees = array(y=(48 + 0.1 * np.arange(20)).astype("f4"), x=(11 + 0.1 * np.arange(24)).astype("f4"))
    assert_array_equal(segment_dataarray(WATERSHED, degrees).values, WATERSHED(GREY, spacing=(1, 1)))


def test_what_is_no_dataarray_and_what_is_no_dimension():
    with pytest.raises(TypeError, match="image is a ndarray; expected a DataArray"):
        segment_dataarray(WATERSHED, GREY)
    with pytest.raises(ValueError, match="channel_dim is 'band'; expected one of y, x, or None"):
        segment_dataarray(WATERSHED, array(), channel_dim="band")


def test_the_example_runs():
    tests = doctest.DocTestFinder().find(segment_dataarray, "segment_dataarray", globs={})
    assert sum(doctest.DocTestRunner().run(test).failed for test in tests) == 0
