"""The merges of a tree as a dendrogram, and its cuts as lines on the image."""

from __future__ import annotations

import numpy as np
import pytest

from classicseg import RegionTree, cut_tree, flat_zone_tree
from classicseg.extras.plot import dendrogram_plot, scales_plot
from classicseg.extras.plot.colors import ON_DARK, label_colors
from classicseg.extras.plot.slices import as_bytes

pytest.importorskip("matplotlib")

STEPS = np.repeat([[0, 1, 3, 7, 15, 31]], 4, axis=0)
TREE = flat_zone_tree(STEPS)
COLORS = as_bytes(label_colors([1, 2, 3], ON_DARK))


def brackets(axes) -> list[float]:
    """The heights of the brackets, ascending."""
    paths = [path for collection in axes.collections for path in collection.get_paths()]
    return sorted(float(path.vertices[1, 1]) for path in paths)


def areas(axes) -> list[str]:
    return [text.get_text() for text in axes.get_xticklabels()]


def test_a_bracket_joins_two_segments_at_their_height() -> None:
    axes = dendrogram_plot(TREE)
    assert brackets(axes) == [1, 2, 4, 8, 16]
    assert areas(axes) == ["4"] * 6
    assert axes.get_ylabel() == "height"


def test_only_the_last_merges_are_drawn() -> None:
    axes = dendrogram_plot(TREE, n_leaves=3)
    assert brackets(axes) == [8, 16]
    assert sorted(areas(axes)) == ["16", "4", "4"]
    noise = flat_zone_tree(np.random.default_rng(0).permutation(900).reshape(30, 30))
    axes = dendrogram_plot(noise)
    assert len(areas(axes)) == 30
    assert sum(map(int, areas(axes))) == 900
    assert brackets(axes) == sorted(noise.heights)[-29:]
    assert len(areas(dendrogram_plot(flat_zone_tree(np.arange(500.0)[None] ** 2), n_leaves=400))) == 400  # a chain


def test_levels_are_lines_and_the_coarser_lie_above() -> None:
    levels = cut_tree(TREE, n_segments=[2, 6, 3])
    axes = scales_plot(STEPS, levels)
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        "6 segments",
        "3 segments",
        "2 segments",
    ]
    shown = axes.images[0].get_array()
    for column, color in [(0, COLORS[0]), (1, COLORS[0]), (3, COLORS[2]), (4, COLORS[2])]:
        assert (shown[:, column] == color).all()  # widths 1, 2 and 3: the last covers that of 3 segments
    patches = axes.get_legend().get_patches()
    found = [as_bytes(np.array(patch.get_facecolor()[:3])).tolist() for patch in patches]
    assert found == COLORS.tolist()


def test_levels_of_equal_counts_and_of_volumes() -> None:
    halves = np.repeat([1, 1, 2, 2], 4).reshape(4, 4)
    axes = scales_plot(np.zeros((3, 4, 4, 3)), [np.stack([halves] * 3), np.stack([halves.T] * 3)])
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["2 segments"] * 2
    assert axes.images[0].get_array().shape == (4, 4, 3)
    axes = scales_plot(STEPS, [np.ones(STEPS.shape, int)])
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["1 segment"]


def test_they_draw_where_they_are_told() -> None:
    from matplotlib.figure import Figure

    left, right = Figure().subplots(1, 2)
    assert dendrogram_plot(TREE, ax=left) is left
    assert scales_plot(STEPS, cut_tree(TREE, n_segments=[2]), ax=right) is right


def test_mistakes_are_named() -> None:
    with pytest.raises(TypeError, match="expected a RegionTree"):
        dendrogram_plot(3)
    with pytest.raises(ValueError, match="tree has 1 regions, and nothing merges"):
        dendrogram_plot(flat_zone_tree(np.zeros((2, 2))))
    pieces = RegionTree(np.array([[1, 0, 2]], np.int32), np.arange(2, dtype=np.int32), np.zeros(2), np.ones(2))
    with pytest.raises(ValueError, match="tree has 2 pieces that never merge"):
        dendrogram_plot(pieces)
    for n_leaves in (1, 401):
        with pytest.raises(ValueError, match=f"n_leaves is {n_leaves}; expected a whole number from 2 to 400"):
            dendrogram_plot(TREE, n_leaves=n_leaves)
    with pytest.raises(ValueError, match="levels is empty"):
        scales_plot(STEPS, [])
    with pytest.raises(ValueError, match=r"levels\[1\] has shape"):
        scales_plot(STEPS, [STEPS, STEPS[1:]])
    with pytest.raises(ValueError, match=r"levels\[0\] has shape"):
        scales_plot(STEPS[1:], [STEPS])
    with pytest.raises(TypeError, match=r"levels\[0\] has dtype"):
        scales_plot(STEPS, [STEPS / 2])
