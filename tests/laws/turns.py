"""No favorite corner: what is flipped or turned has flipped or turned labels, names aside.

Every segmenter keeps these laws, but for superpixels: the grid that they start from has corners.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from strategies import images, scenes, shapes

from laws.common import Laws, canonical

TURNED = Laws()

FLIPS = {
    "flipped upside down": lambda array: array[::-1],
    "flipped left to right": lambda array: array[:, ::-1],
}

TURNS = FLIPS | {
    "transposed": lambda array: np.swapaxes(array, 0, 1),
    "turned by a quarter": lambda array: np.rot90(array),
}


def assert_turns(segment, image, name):
    turn = TURNS[name]
    expected = canonical(segment, np.ascontiguousarray(turn(segment(image))))
    assert_array_equal(segment(turn(image)), expected, name)


@TURNED.law
def no_corner_is_favored(segment, data):
    image = data.draw(images(n_channels=3) | images() | scenes())
    assert_turns(segment, image, data.draw(st.sampled_from(sorted(TURNS))))


@TURNED.law
def flipped_floats_give_flipped_labels(segment, data):
    image = data.draw(scenes(dtype="f8")) * data.draw(st.sampled_from([1.0, 0.1, 1 / 3]))
    assert_turns(segment, image, data.draw(st.sampled_from(sorted(FLIPS))))


@TURNED.law
def flipped_volumes_give_flipped_labels(segment, data):
    shape = data.draw(shapes(3, 1, 6))
    volume = data.draw(images(shape) | scenes(shape))
    flat, axis = partial(segment, channel_axis=None), data.draw(st.integers(0, 2))
    expected = canonical(segment, np.ascontiguousarray(np.flip(flat(volume), axis)))
    assert_array_equal(flat(np.flip(volume, axis)), expected, f"flipped along axis {axis}")
