"""Chains of edge pixels: worked out by hand, and against a graph made by brute force."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_array_equal
from skimage import data

from classicseg import canny_edges, gradient_magnitude, link_edges
from classicseg.types import EdgePoints

TURNS = {
    "flipped upside down": lambda a: a[::-1],
    "flipped left to right": lambda a: a[:, ::-1],
    "transposed": lambda a: a.T,
    "turned by a quarter": lambda a: np.rot90(a),
}


def edge_maps(most=9):
    shapes = st.tuples(st.integers(1, most), st.integers(1, most))
    return shapes.flatmap(lambda shape: hnp.arrays(bool, shape))


def drawing(*rows):
    return np.array([[mark == "#" for mark in row] for row in rows])


def as_lists(chains):
    return [[tuple(int(i) for i in point) for point in chain] for chain in chains]


def links_by_hand(edges):
    """The set of linked pairs, by the words of the docstring."""
    found = set()
    for y, x in np.argwhere(edges).tolist():
        for v in (-1, 0, 1):
            for u in (-1, 0, 1):
                there = (y + v, x + u)
                if (v, u) == (0, 0) or not all(0 <= i < n for i, n in zip(there, edges.shape, strict=True)):
                    continue
                if edges[there] and not (v and u and (edges[y + v, x] or edges[y, x + u])):
                    found.add(frozenset([(y, x), there]))
    return found


def undirected(chains):
    """Chains as a set, whatever their direction and, where they are closed, their start."""
    found = set()
    for chain in as_lists(chains):
        ways = [chain, chain[::-1]]
        if len(chain) > 1 and chain[0] == chain[-1]:
            ring = chain[:-1]
            ways = [way[i:] + way[: i + 1] for way in (ring, ring[::-1]) for i in range(len(way))]
        found.add(min(map(tuple, ways)))
    return found


@given(edge_maps())
def test_chains_run_over_every_link_once_between_ends_and_junctions(edges):
    links = links_by_hand(edges)
    degrees = {tuple(p): sum(tuple(p) in link for link in links) for p in np.argwhere(edges).tolist()}
    chains = as_lists(link_edges(edges))
    steps = [frozenset(step) for chain in chains for step in itertools.pairwise(chain)]
    assert len(steps) == len(links) == len(set(steps))
    assert set(steps) == links
    assert {point for chain in chains for point in chain} == set(degrees)
    for chain in chains:
        assert all(degrees[point] == 2 for point in chain[1:-1])
        assert chain[0] == chain[-1] or (degrees[chain[0]] != 2 and degrees[chain[-1]] != 2)
        assert (len(chain) == 1) == (degrees[chain[0]] == 0)
        assert chain[0] <= chain[-1]
        assert chain[0] == min(chain) or degrees[chain[0]] != 2
    assert [chain[0] for chain in chains] == sorted(chain[0] for chain in chains)


def options(draw_from, shape):
    gradient = draw_from.draw(st.none() | hnp.arrays(np.uint8, shape, elements=st.integers(0, 9)))
    gap = draw_from.draw(st.integers(0 if gradient is None else 1, 4))
    return gradient, {"max_gap": gap, "max_spur": draw_from.draw(st.integers(0, 3))}


@given(st.data())
def test_turned_edges_give_turned_chains(data):
    edges = data.draw(edge_maps(12))
    if data.draw(st.booleans()):
        edges &= np.add.outer(np.arange(edges.shape[0]), np.arange(edges.shape[1])) % 3 == 0  # few junctions
    gradient, numbers = options(data, edges.shape)
    turn = TURNS[data.draw(st.sampled_from(sorted(TURNS)))]
    chains = link_edges(edges, gradient=gradient, **numbers)
    places = turn(np.arange(edges.size).reshape(edges.shape))
    where = {int(old): new for new, old in np.ndenumerate(places)}
    expected = [[where[int(y) * edges.shape[1] + int(x)] for y, x in chain] for chain in chains]
    turned = link_edges(turn(edges), gradient=None if gradient is None else turn(gradient), **numbers)
    assert undirected(turned) == undirected([np.array(chain) for chain in expected])


@given(st.data())
def test_gaps_only_add_and_spurs_only_remove(data):
    edges = data.draw(edge_maps())
    gradient, numbers = options(data, edges.shape)

    def pixels(**given):
        chains = link_edges(edges, **given)
        return {point for chain in as_lists(chains) for point in chain}

    plain = pixels()
    assert pixels(max_spur=numbers["max_spur"]) <= plain
    if numbers["max_gap"]:
        assert pixels(max_gap=numbers["max_gap"], gradient=gradient) >= plain


def test_corners_make_no_triangles():
    edges = drawing("###", "..#", "..#")
    assert as_lists(link_edges(edges)) == [[(0, 0), (0, 1), (0, 2), (1, 2), (2, 2)]]
    assert len(link_edges(drawing("#..", "##.", "..#"))) == 1


def test_closed_chains_repeat_their_first_point():
    ring = drawing(".#.", "#.#", ".#.")
    assert as_lists(link_edges(ring)) == [[(0, 1), (1, 0), (2, 1), (1, 2), (0, 1)]]
    loop = drawing(".#...", "#.###", ".#...")  # from the junction and back
    assert as_lists(link_edges(loop)) == [
        [(1, 2), (0, 1), (1, 0), (2, 1), (1, 2)],
        [(1, 2), (1, 3), (1, 4)],
    ]


def test_chains_meet_at_junctions():
    edges = drawing("#.#", ".#.", ".#.", ".#.")
    assert as_lists(link_edges(edges)) == [[(0, 0), (1, 1)], [(0, 2), (1, 1)], [(1, 1), (2, 1), (3, 1)]]
    assert as_lists(link_edges(edges, max_spur=1)) == [[(1, 1), (2, 1), (3, 1)]]
    assert len(link_edges(edges, max_spur=2)) == 1, "the longest branch stays"


def test_a_spur_goes_and_the_junction_dissolves():
    edges = drawing("....#...", "########")
    assert len(link_edges(edges)) == 3
    assert as_lists(link_edges(edges, max_spur=1)) == [[(1, x) for x in range(8)]]
    both = drawing("#.#", ".#.", "#.#")
    assert len(link_edges(both, max_spur=5)) == 4, "no branch is longer than the others"


def test_gaps_are_bridged_straight():
    edges = drawing("##...##", ".......")
    expected = [[(0, x) for x in range(7)]]
    assert as_lists(link_edges(edges, max_gap=3)) == expected
    assert len(link_edges(edges, max_gap=2)) == 2
    around = drawing("....#", "##...", "....#")  # as near on both sides
    assert len(link_edges(around, max_gap=3)) == 3
    behind = drawing("##", "..", "#.")
    assert len(link_edges(behind, max_gap=3)) == 2, "nothing lies ahead"


def test_a_line_midway_between_pixels_takes_both():
    edges = np.zeros((4, 9), bool)
    edges[1, :4] = edges[2, 6:] = True
    chains = as_lists(link_edges(edges, max_gap=2))
    assert chains == [[(1, x) for x in range(5)] + [(2, x) for x in range(5, 9)]]
    edges = np.zeros((4, 9), bool)
    edges[1, :4] = edges[2, 5:] = True
    assert as_lists(link_edges(edges, max_gap=2)) == [[(1, x) for x in range(5)] + [(2, x) for x in range(4, 9)]]


def test_gaps_are_bridged_along_the_ridge():
    edges = drawing("##.....##", ".........", ".........")
    ridge = np.zeros(edges.shape)
    bow = [(1, 2), (2, 3), (2, 4), (2, 5), (1, 6)]
    ridge[tuple(np.transpose(bow))] = 5
    expected = [[(0, 0), (0, 1), *bow, (0, 7), (0, 8)]]
    assert as_lists(link_edges(edges, gradient=ridge, max_gap=5)) == expected
    assert len(link_edges(edges, gradient=ridge, max_gap=4)) == 2
    assert len(link_edges(edges, gradient=0 * ridge, max_gap=5)) == 2, "nothing to climb"
    assert as_lists(link_edges(edges, gradient=0 * ridge + 1, max_gap=5)) == [[(0, x) for x in range(9)]]
    fork = drawing("...", "...", "##.", "...", "..#")
    tied = np.array([[0, 0, 0], [0, 0, 3], [0, 0, 0], [0, 0, 3], [0, 0, 0]])
    assert len(link_edges(fork, gradient=tied, max_gap=3)) == 2, "as steep on both sides"


def test_points_between_pixels_replace_the_pixels():
    edges = drawing("##.##")
    pixels = np.array([[0, 4], [0, 0], [0, 3]])
    points = EdgePoints(pixels, pixels + np.array([0.25, -0.125]), np.ones(3), np.ones((3, 2)))
    (chain,) = link_edges(edges, points=points, max_gap=1)
    assert_array_equal(chain, [[0.25, -0.125], [0, 1], [0, 2], [0.25, 2.875], [0.25, 3.875]])
    empty = EdgePoints(pixels[:0], points.points[:0], np.ones(0), np.ones((0, 2)))
    assert_array_equal(link_edges(edges, points=empty)[0], [[0, 0], [0, 1]])


def test_nothing_and_everything():
    assert link_edges(np.zeros((3, 4), bool), max_gap=2, max_spur=2) == []
    (point,) = link_edges([[True]])
    assert_array_equal(point, [[0.0, 0.0]])
    assert point.dtype == np.float64
    assert len(link_edges(np.ones((3, 3), bool))) == 8


@pytest.mark.large
def test_coins_become_closed_chains():
    image = data.coins()
    edges = canny_edges(image, sigma=2)
    plain = link_edges(edges)
    assert {p for c in as_lists(plain) for p in c} == {tuple(p) for p in np.argwhere(edges).tolist()}
    linked = link_edges(edges, gradient=gradient_magnitude(image, sigma=2), max_gap=8, max_spur=5)

    def ends(chains):
        found = [tuple(point) for chain in chains for point in (chain[0], chain[-1])]
        return sum(found.count(point) == 1 for point in found)

    assert ends(linked) < 0.6 * ends(plain)


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"edges": np.zeros((3, 4))}, TypeError, "edges has dtype float64; .*pass e.g. edges > 0"),
        ({"edges": np.zeros((3, 4, 5), bool)}, ValueError, r"one by one, e.g. edges\[0\]"),
        ({"edges": np.zeros((0, 4), bool)}, ValueError, "edges has shape"),
        ({"gradient": np.zeros((4, 3)), "max_gap": 1}, ValueError, r"gradient has shape \(4, 3\)"),
        ({"gradient": np.zeros((3, 4), complex), "max_gap": 1}, TypeError, "gradient has dtype complex128"),
        ({"gradient": np.zeros((3, 4))}, ValueError, "pass max_gap"),
        ({"points": np.zeros((3, 2))}, TypeError, "expected EdgePoints"),
        ({"points": EdgePoints(*[np.zeros((1, 3), int)] * 4)}, ValueError, r"expected \(n, 2\)"),
        ({"points": EdgePoints(*[np.full((1, 2), 9)] * 4)}, ValueError, "outside edges"),
        ({"max_gap": -1}, ValueError, "max_gap is -1"),
        ({"max_gap": 1.5}, TypeError, "max_gap is 1.5"),
        ({"max_spur": -1}, ValueError, "max_spur is -1"),
    ],
)
def test_mistakes(wrong, error, message):
    with pytest.raises(error, match=message):
        link_edges(**{"edges": np.zeros((3, 4), bool), **wrong})
