import numpy as np
from hypothesis import given, settings
from strategies import classes

from classicseg.labeling.numbering import number_by_first_pixel


def first_pixels(labels):
    """The names in the order in which they first occur, 0 left out."""
    names, first = np.unique(labels, return_index=True)
    return names[np.argsort(first)][names[np.argsort(first)] > 0]


@settings(deadline=None)
@given(classes())
def test_number_by_first_pixel(labels):
    numbered = number_by_first_pixel(labels)
    assert numbered.dtype == np.int32
    np.testing.assert_array_equal(numbered == 0, labels == 0)
    pairs = np.unique(np.stack([labels.ravel(), numbered.ravel()]), axis=1)
    assert pairs.shape[1] == len(np.unique(labels)) == len(np.unique(numbered))
    np.testing.assert_array_equal(first_pixels(numbered), np.arange(1, len(first_pixels(labels)) + 1))
