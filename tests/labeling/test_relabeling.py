"""Labels of any numbers become 1 … n, and come back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_array_equal
from strategies import masks

from classicseg import relabel


@given(
    hnp.arrays(
        st.sampled_from(["?", "u1", "i1", ">i4", "i8", "u8", "f4", "f8"]),
        hnp.array_shapes(max_dims=3, max_side=5),
        elements={"min_value": 0, "max_value": 1},
    )
    | hnp.arrays(np.int64, (3, 4), elements=st.integers(-(2**62), 2**62))
    | hnp.arrays(np.int64, (3, 4), elements=st.integers(-2, 2)),
    st.data(),
)
def test_names_of_numbers_are_what_was_given(labels, data):
    labels = np.round(labels) if labels.dtype.kind == "f" else labels
    mask = data.draw(st.none() | masks(labels.shape))
    found, names = relabel(labels, mask=mask)
    shown = labels if mask is None else np.where(mask, labels, labels.dtype.type(0))
    assert found.dtype == np.int32
    assert names.dtype == labels.dtype.newbyteorder("=")
    assert_array_equal(names[found], shown)
    assert_array_equal(np.unique(found[found > 0]), np.arange(1, len(names)))
    assert (names[2:] > names[1:-1]).all()


def test_what_takes_no_part_is_0():
    assert_array_equal(relabel([[np.nan, 3.0, np.inf, -np.inf]]).labels, [[0, 1, 0, 0]])
    assert_array_equal(relabel(np.ma.array([5, 6, 7], mask=[0, 1, 0])).labels, [1, 0, 2])
    assert_array_equal(relabel(np.array([2**64 - 1, 0, 2**63], np.uint64)).labels, [2, 0, 1])


def test_what_is_no_label_is_refused():
    with pytest.raises(ValueError, match=r"labels holds 2\.5; expected whole numbers"):
        relabel([[1.0, 2.5]])
    with pytest.raises(ValueError, match="holds no pixels"):
        relabel(np.empty((0, 3), int))
    with pytest.raises(TypeError, match="labels has dtype complex"):
        relabel([[1j]])
