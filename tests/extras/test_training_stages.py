"""The stages of the dense map learn from drawn images what they are then asked."""

from __future__ import annotations

import numpy as np
from numpy.testing import assert_array_equal

from classicseg import boundary_probability
from classicseg.edges.learned.features import names
from classicseg.extras.training import train_stages
from classicseg.extras.training_sets import Drawn
from classicseg.extras.training_stages import STAGES
from classicseg.learning.model import check_model


def a_drawing(seed):
    """Noise with a brighter half, and the line between them as the truth."""
    rng = np.random.default_rng(seed)
    column = int(rng.integers(20, 40))
    image = rng.integers(0, 60, (50, 60, 3))
    image[:, column:] += 120
    labels = np.ones((50, 60), np.int32)
    labels[:, column:] = 2
    boundary = np.zeros((50, 60), bool)
    boundary[:, column] = True
    return Drawn(image.astype(np.uint8), [labels], [boundary])


def test_a_drawn_line_is_learned():
    stages = [own._replace(boosting=own.boosting._replace(n_trees=20)) for own in STAGES]
    model = train_stages([[a_drawing(seed)] for seed in range(4)], stages)
    check_model(model, names())
    again = train_stages([[a_drawing(seed)] for seed in range(4)], stages)
    for name, forest in model.forests.items():
        for found, expected in zip(again.forests[name], forest, strict=True):
            assert_array_equal(found, expected)
    drawn = a_drawing(9)
    column = np.flatnonzero(drawn.boundaries[0][0])[0]
    strength = boundary_probability(drawn.image, model=model).strength
    assert abs(strength.mean(axis=0).argmax() - column) <= 2
    assert strength[:, column].mean() > 3 * strength.mean()
