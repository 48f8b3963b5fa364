"""Connected components: labels of every dtype, and lines longer than machine code takes at once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_array_equal
from scipy import ndimage

from classicseg import connected_regions
from classicseg._core.bands import band_size
from classicseg.labeling import components, run_lengths
from classicseg.labeling.components import connected_components
from classicseg.labeling.numbering import number_by_first_pixel

DTYPES = ["?", "u1", "u2", ">u2", "i2", "i4", "i8", "u8"]


@pytest.mark.parametrize("dtype", DTYPES)
def test_labels_of_any_integers_fall_into_the_same_regions(dtype):
    labels = np.array([[1, 0, 1, 1], [1, 0, 0, 1], [0, 1, 0, 1]])
    regions = connected_regions(labels.astype(dtype)[:, ::-1], connectivity=2)
    assert regions.tolist() == [[1, 1, 0, 2], [1, 0, 0, 2], [1, 0, 2, 0]]
    assert regions.dtype == np.int32


def test_great_labels_of_two_bytes():
    assert connected_regions(np.array([65535, 65535, 65534, 0, 255], np.uint16)).tolist() == [1, 1, 2, 0, 3]


@st.composite
def long_lines(draw):
    """Labels of up to three axes, the last of which may pass the 64 pixels that are marked at once."""
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=3, max_side=4))
    few = draw(hnp.arrays(np.uint8, shape, elements=st.integers(0, 2)))
    lengths = draw(st.lists(st.integers(1, 60), min_size=shape[-1], max_size=shape[-1]))
    return np.roll(np.repeat(few, lengths, axis=-1), draw(st.integers(0, 9)), axis=-1)


@given(long_lines(), st.data())
def test_runs_of_any_length_are_joined(labels, data):
    connectivity = data.draw(st.integers(1, labels.ndim))
    one, two = (
        ndimage.label(labels == value, ndimage.generate_binary_structure(labels.ndim, connectivity))[0]
        for value in (1, 2)
    )
    expected = number_by_first_pixel((one + (two > 0) * (two + one.max())).astype(np.int32))
    np.testing.assert_array_equal(connected_regions(labels, connectivity=connectivity), expected)
    with band_size(1):
        np.testing.assert_array_equal(connected_regions(labels, connectivity=connectivity), expected)


@pytest.mark.parametrize("connectivity", [1, 2, 3])
def test_noise_in_a_volume(connectivity):
    """Where a neighbor brings others along, and is left out itself, in every order."""
    rng = np.random.default_rng(0)
    structure = ndimage.generate_binary_structure(3, connectivity)
    for share in (0.1, 0.3, 0.5):
        inside = rng.random((9, 10, 70)) < share
        expected, _ = ndimage.label(inside, structure)
        found = connected_regions(inside, connectivity=connectivity)
        np.testing.assert_array_equal(found, number_by_first_pixel(expected.astype(np.int32)))


def test_more_components_than_labels_are_refused(monkeypatch):
    monkeypatch.setattr(components, "_MOST_LABELS", 3)
    assert connected_components(np.eye(3, dtype=np.uint8), 1).max() == 3
    for function in (connected_components, components.connected_runs):
        with pytest.raises(ValueError, match="4 connected regions; expected at most 3"):
            function(np.eye(4, dtype=np.uint8), 1)


def test_runs_of_many_pixels_end_in_64_bits():
    assert run_lengths._index_type(2**31 - 1) == np.int32
    assert run_lengths._index_type(2**31) == np.int64
    short = run_lengths.RunLengths((2, 5), np.array([2, 5, 9, 10], np.int32), np.array([1, 0, 2, 1], np.int32))
    wide = short._replace(stops=short.stops.astype(np.int64))
    table = np.array([7, 8, 9], np.int32)
    assert_array_equal(run_lengths.expand(wide, table), run_lengths.expand(short, table))
    assert_array_equal(run_lengths.begins_on_lines(wide), run_lengths.begins_on_lines(short))
    assert_array_equal(run_lengths.labels_at(wide, np.arange(10)), run_lengths.labels_at(short, np.arange(10)))


@given(long_lines(), st.data())
def test_runs_with_indices_of_64_bits_are_joined(labels, data):
    connectivity = data.draw(st.integers(1, labels.ndim))
    expected = connected_components(labels, connectivity)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_lengths, "_index_type", lambda _: np.int64)
        assert_array_equal(connected_components(labels, connectivity), expected)
