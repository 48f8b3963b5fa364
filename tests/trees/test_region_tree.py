"""Trees from merges: heights never fall, nodes go by height, and trees that are none are refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy.cluster import hierarchy

from classicseg import RegionTree, cut_tree, flat_zone_tree, merges_of
from classicseg.trees.region_tree import region_tree


def partition(n, pairs):
    """The components of n regions that pairs join, by their first regions."""
    names = list(range(n))
    for a, b in pairs:
        low, high = sorted((names[a], names[b]))
        names = [low if name == high else name for name in names]
    return names


@given(st.integers(1, 9), st.integers(0, 2**32 - 1), st.integers(1, 20))
def test_merges_become_nodes_by_their_heights(n, seed, highest):
    rng = np.random.default_rng(seed)
    pairs = rng.integers(0, n, (rng.integers(0, 3 * n), 2)).astype(np.int32)
    heights = rng.integers(0, highest, len(pairs)).astype(float)
    areas = rng.integers(1, 5, n).astype(float)
    tree = region_tree(np.arange(1, n + 1, dtype=np.int32), areas, pairs, heights)

    nodes, merges = [{i} for i in range(n)], []
    tops, raised = list(range(n)), [0.0] * n
    for (a, b), height in zip(pairs.tolist(), heights.tolist(), strict=True):
        if tops[a] != tops[b]:
            raised.append(max(height, raised[tops[a]], raised[tops[b]]))
            nodes.append(nodes[tops[a]] | nodes[tops[b]])
            merges.append((raised[-1], len(merges), nodes[-1]))
            for region in nodes[-1]:
                tops[region] = len(nodes) - 1
    merges.sort(key=lambda merge: merge[:2])
    assert_array_equal(tree.heights, [0.0] * n + [height for height, _, _ in merges])
    below = [{i} for i in range(n)] + [set() for _ in merges]
    for node, parent in enumerate(tree.parents.tolist()):
        assert parent > node or parent == node
        if parent != node:
            below[parent] |= below[node]
    assert below[n:] == [regions for _, _, regions in merges]
    assert_array_equal(tree.areas, [areas[sorted(regions)].sum() for regions in below])


def test_scipy_reads_the_merges():
    tree = flat_zone_tree(np.random.default_rng(0).integers(0, 30, (5, 6)))
    merges = merges_of(tree)
    assert hierarchy.is_valid_linkage(merges)
    for height in range(30):
        names = np.append(0, hierarchy.fcluster(merges, height, "distance"))[tree.regions]
        labels = cut_tree(tree, height=height)
        assert len(np.unique(names * 100 + labels)) == len(np.unique(names)) == labels.max()
    drawn = hierarchy.dendrogram(merges, no_plot=True)
    assert len(drawn["leaves"]) == tree.regions.max()
    assert merges_of(flat_zone_tree([[7, 7]])).shape == (0, 4)


def test_a_forest_is_no_linkage():
    tree = flat_zone_tree([[1, 2, 3]], mask=np.array([[True, False, True]]))
    with pytest.raises(ValueError, match=r"tree has 2 pieces that never merge.*mask all but one"):
        merges_of(tree)


TREE = flat_zone_tree([[1, 2, 4, 8]])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"parents": [4, 4, 5, 5, 5, 5]}, r"heights has shape \(7,\); expected \(6,\)"),
        ({"parents": [4, 4, 5, 6, 5, 6, 7]}, "other numbers than 0 to 6"),
        ({"parents": [4, 5, 5, 6, 6, 4, 6]}, r"parents\[5\] is 4"),
        ({"parents": [1, 4, 4, 6, 5, 6, 6]}, "holds 1, which is a finest region"),
        ({"parents": [4, 4, 4, 6, 5, 6, 6]}, "node 4 3 times"),
        ({"parents": [4, 4, 5, 6, 5, 5, 6]}, "times; expected two"),
        ({"heights": [0, 1, 0, 0, 1, 2, 4]}, r"heights\[1\] is 1"),
        ({"heights": [0, 0, 0, 0, 3, 2, 4]}, r"heights\[5\] is 2"),
        ({"heights": [0, 0, 0, 0, 1, 2, np.nan]}, r"heights\[6\] is nan"),
        ({"heights": [0, 0, 0, 0, 1, 2, np.inf]}, r"heights\[6\] is inf"),
        ({"heights": [0, 0, 0, 0, -1, 2, 4]}, r"heights\[4\] is -1"),
        ({"heights": np.ma.masked_equal(TREE.heights, 4.0)}, "none masked"),
        ({"regions": [[1, 2, 4, 4]]}, "has 3 of the labels 1 … 4"),
        ({"regions": [[1, 2, 3, 3]]}, "7 nodes and 3 finest regions; expected 3 to 5"),
    ],
)
def test_what_is_no_tree_is_refused(changes, said):
    tree = TREE._replace(**changes)
    with pytest.raises(ValueError, match=said):
        cut_tree(tree, height=1)


def test_wrong_areas_and_types_are_refused():
    for areas in ([1, 1, 1, 1, 2, 1, 4], [1, 1, 1, 0, 2, 3, 4], [1, 1, 1, 1, 2, 3, np.nan]):
        with pytest.raises(ValueError, match="areas"):
            cut_tree(TREE._replace(areas=np.array(areas)), height=1, min_area=2)
    with pytest.raises(TypeError, match="parents has dtype float64"):
        cut_tree(TREE._replace(parents=TREE.parents.astype(float)), height=1)
    with pytest.raises(TypeError, match="expected a RegionTree"):
        cut_tree(tuple(TREE), height=1)


def test_a_tree_that_somebody_made():
    """Regions in any order, whole numbers, lists: the segments are numbered by their first pixels all the same."""
    tree = RegionTree([[3, 3, 1, 2]], [3, 3, 4, 4, 4], [0, 0, 0, 2, 5], [1, 1, 2, 2, 4])
    assert_array_equal(cut_tree(tree, n_segments=2), [[1, 1, 2, 2]])
    assert_array_equal(cut_tree(tree, height=[0, 5]), [[[1, 1, 2, 3]], [[1, 1, 1, 1]]])
