"""The lesion is found, and so is a cell where the data are at hand."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal


@pytest.mark.large
def test_the_lesion_is_found(load_example, tmp_path):
    script = load_example("grow_lesion")
    scan, truth, seed = script.make_volume(np.random.default_rng(0))
    assert_array_equal(script.make_volume(np.random.default_rng(0))[0], scan)
    assert truth[seed]
    assert script.dice(script.grow_lesion(scan, seed), truth) > 0.95
    script.main(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 10_000


@pytest.mark.large
def test_a_cell_is_found_under_the_electron_microscope(load_example, tmp_path):
    if "CLASSICSEG_DATA" not in os.environ:
        pytest.skip("set CLASSICSEG_DATA to the folder of the data sets")
    folder = Path(os.environ["CLASSICSEG_DATA"]) / "isbi_em"
    script = load_example("grow_lesion")
    truth, seed = script.true_cell(script.read_stack(folder / "label"))
    found = script.grow_cell(script.read_stack(folder / "image"), seed)
    assert script.dice(found[seed[0]], truth[seed[0]]) > 0.8
    script.main(tmp_path / "figure.png", folder / "image", folder / "label")
    assert (tmp_path / "figure.png").stat().st_size > 10_000
