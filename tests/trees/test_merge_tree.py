"""Merging by criteria equals merging by hand, round by round, on small images, masks, volumes and colors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from strategies import images, masks, shapes

import classicseg
from classicseg import cut_tree, gradient_magnitude, merge_tree, multiresolution_segment
from classicseg._core.image import as_image
from classicseg.labeling.numbering import number_by_first_pixel
from classicseg.regions.graph import contacts_of, face_areas, lengths_of
from classicseg.trees.criteria import CRITERIA, prices_of
from classicseg.trees.measures import measures_of, relative_strengths
from classicseg.trees.merging import Contacts, Measures, merge_all
from classicseg.trees.mutual_best import WAITS_FROM

NAMES = sorted(CRITERIA)


def measured(image, labels, name, strengths, options, spacing):
    """The rows of regions, and the ends, the rows and the costs of their contacts, from the labels alone."""
    row = CRITERIA[name]
    measures = measures_of(image, labels, row.needs_outlines, spacing)
    found = contacts_of(labels, strengths, 1)
    table = np.empty((len(found.ends), 0))
    if row.needs_outlines:
        table = lengths_of(found.counts, spacing)[:, np.newaxis]
    elif strengths is not None:
        table = np.column_stack([found.counts.sum(axis=1), found.strengths])
    cost = row.cost.loops
    costs = [cost(measures.table, image.n_channels, *ends, table, e, options) for e, ends in enumerate(found.ends)]
    return measures, found.ends, np.array(costs)


def by_hand(image, regions, name, strengths, options, spacing=(1.0, 1.0)):
    """What merges, in order: a finest region of the one, one of the other, and the cost."""
    labels, merges = regions, []
    while True:
        measures, ends, costs = measured(image, labels, name, strengths, options, spacing)
        if not len(ends):
            return merges
        table, n = measures.table, len(measures.table)
        least = np.array(
            [min([c for c, e in zip(costs, ends, strict=True) if i in e], default=np.inf) for i in range(n)]
        )
        lowest = least.copy()
        for a, b in ends if CRITERIA[name].waits else []:
            if table[a, 0] + table[b, 0] >= WAITS_FROM:
                lowest[a], lowest[b] = min(lowest[a], least[b]), min(lowest[b], least[a])
        best = [e for e in range(len(ends)) if costs[e] == lowest[ends[e]].min() == lowest[ends[e]].max()]
        means = table[:, 1 : 1 + image.n_channels] / table[:, :1]
        best.sort(
            key=lambda e: (sum(means[ends[e][0], c] + means[ends[e][1], c] for c in range(image.n_channels)), e)
        )
        leaves = [int(regions[labels == i + 1][0]) - 1 for i in range(n)]
        for e in best:
            a, b = (labels[regions == leaves[i] + 1][0] for i in ends[e])
            if a != b:
                merges.append((leaves[ends[e][0]], leaves[ends[e][1]], costs[e]))
                labels = np.where(labels == max(a, b), min(a, b), labels)
        labels = np.searchsorted(np.unique(labels[labels > 0]), labels, side="left").astype(np.int32) + (
            labels > 0
        )
        labels = labels.astype(np.int32)


def partition(n, merges, limit):
    """The group of each region where merges of heights up to a limit are made."""
    group, top = np.arange(n), np.zeros(n)
    for a, b, cost in merges:
        height = max(cost, top[group[a]], top[group[b]])
        if height <= limit:
            low, high = sorted((group[a], group[b]))
            group[group == high] = low
            top[low] = height
        else:  # what holds it is higher, too
            top[group[a]] = top[group[b]] = np.inf
    return group


@given(st.data(), st.sampled_from(NAMES))
def test_merging_equals_merging_by_hand(data, name):
    shape = data.draw(shapes(2, 1, 6) | shapes(3, 1, 3))
    values = data.draw(images(shape, highest=5))
    if name == "multiresolution":  # where ties are decided by the last bits, the order of sums shows
        values = values + np.random.default_rng(0).random(shape)
    mask = data.draw(st.none() | masks(shape))
    spacing = (1.0,) * len(shape)
    image = as_image(values, channel_axis=None, mask=mask)
    strengths = data.draw(images(shape, highest=5, dtype="f4")) if CRITERIA[name].border_power else None
    tree = merge_tree(values, criterion=name, boundaries=strengths, channel_axis=None, mask=mask, weights=[1])
    options = np.ones(1) if name != "multiresolution" else np.array([1, 0.1, 0.5, *face_areas(spacing)])
    merges = by_hand(image, tree.regions, name, strengths, options, spacing)
    n = int(tree.regions.max(initial=0))
    heights = [CRITERIA[name].height(np.array([cost]))[0] for *_, cost in merges]
    merges = [(a, b, height) for (a, b, _), height in zip(merges, heights, strict=True)]
    assert len(tree.parents) == n + len(merges)
    if merges:
        assert_allclose(tree.heights.max(), max(0.0, *heights), rtol=1e-9)
    for height in tree.heights[n:]:
        labels = cut_tree(tree, height=height * (1 + 1e-9))
        groups = partition(n, merges, height * (1 + 1e-9))
        expected = np.where(tree.regions > 0, groups[tree.regions - 1] + 1, 0) if n else tree.regions
        assert_array_equal(number_by_first_pixel(expected.astype(np.int32)), labels)


@pytest.mark.parametrize(("waits", "second"), [(False, (2, 3)), (True, (0, 2))])
def test_regions_that_wait_merge_after_cheaper_ones_beside_them(waits, second):
    """0 | 1 cost least, and 2 | 3 less than 1 | 2; but once 0 and 1 are one, 2 prefers that."""
    sizes, means = np.array([10000.0, 10, 1000, 1000]), np.array([9.5, 5, 10, 10.693])
    ends, table = np.array([[0, 1], [1, 2], [2, 3]], np.int32), np.column_stack([sizes, sizes * means])
    measures, contacts = Measures(table, 1, 0, 0), Contacts(ends, np.empty((3, 0)))
    found = merge_all(prices_of("ward"), measures, contacts, np.ones(1), waits)
    assert tuple(found.pairs[0]) == (0, 1)
    assert tuple(found.pairs[1]) == second
    assert len(found.pairs) == 3


def definition(name, values, one, other, strengths, pairs, shape=0.1, compactness=0.5):
    """A cost by its formula, from the pixels of two regions."""
    a, b = values[one], values[other]
    d = abs(a.mean() - b.mean())
    share = len(a) * len(b) / (len(a) + len(b))
    s = np.mean([max(strengths[p], strengths[q]) for p, q in pairs])

    def outline(region):
        padded = np.pad(region, 1)
        return sum(np.count_nonzero(np.diff(padded.astype(int), axis=axis)) for axis in (0, 1))

    def box(region):
        return sum(2 * (np.ptp(index) + 1) for index in np.nonzero(region))

    def terms(region):
        n, perimeter = np.count_nonzero(region), outline(region)
        return np.array([n * values[region].std(), n**0.5 * perimeter, n * perimeter / box(region)])

    color, compact, smooth = terms(one | other) - terms(one) - terms(other)
    return {
        "ward": share * d**2,
        "mean": d,
        "border": s,
        "contrast": (share ** (7 / 16) * d**0.5 * s**2) ** 0.4,
        "multiresolution": max(
            0.0, (1 - shape) * color + shape * (compactness * compact + (1 - compactness) * smooth)
        )
        ** 0.5,
    }[name]


@pytest.mark.parametrize("name", NAMES)
@given(st.integers(0, 10**6))
def test_a_merge_costs_what_the_formula_says(name, seed):
    rng = np.random.default_rng(seed)
    values, strengths = rng.random((5, 6)) * 9, rng.random((5, 6))
    regions = np.ones((5, 6), np.int32)
    regions[:, 3:] = 2
    regions[2, 3] = 1
    tree = (
        merge_tree(values, regions=regions, criterion=name, weights=[1])
        if not CRITERIA[name].border_power
        else merge_tree(values, regions=regions, criterion=name, boundaries=strengths)
    )
    pairs = [
        (p, q)
        for p in np.ndindex(5, 6)
        for q in ((p[0] + 1, p[1]), (p[0], p[1] + 1))
        if q[0] < 5 and q[1] < 6 and regions[p] != regions[q]
    ]
    expected = definition(name, values, regions == 1, regions == 2, strengths, pairs)
    assert_allclose(tree.heights, [0, 0, expected], rtol=1e-9, atol=1e-9)


def relative(strengths, mask, sigma, spacing):
    """Strengths divided by the fourth root of their mean around, pixel by pixel."""
    places = np.argwhere(mask)
    out = np.zeros(mask.shape)
    for place in places:
        steps = (places - place) * spacing
        weights = np.exp(-0.5 * (steps**2).sum(axis=1) / sigma**2) * (abs(steps) <= 4 * sigma).all(axis=1)
        mean = (weights * strengths[mask]).sum() / weights.sum()
        out[tuple(place)] = strengths[tuple(place)] / mean**0.25 if mean else 0
    return out


@given(st.data())
def test_relative_strengths_equal_their_definition(data):
    shape = data.draw(shapes(1, 1, 9) | shapes(2, 1, 6) | shapes(3, 1, 4))
    strengths = data.draw(images(shape, dtype=data.draw(st.sampled_from(["f4", "f8"]))))
    mask = data.draw(masks(shape))
    spacing = tuple(
        data.draw(st.lists(st.sampled_from([1.0, 2.5, 30.0]), min_size=len(shape), max_size=len(shape)))
    )
    found = relative_strengths(strengths * mask, mask, 20.0, spacing)
    assert found.dtype == strengths.dtype
    assert_allclose(found, relative(strengths, mask, 20.0, spacing), rtol=2e-3)
    whole = relative_strengths(strengths, None, 20.0, spacing)
    assert_array_equal(whole > 0, strengths > 0)
    assert_allclose(whole, relative(strengths, np.ones(shape, bool), 20.0, spacing), rtol=2e-3)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_relative_strengths_turn_and_scale_and_end(dtype):
    strengths = np.random.default_rng(0).random((60, 250)).astype(dtype) * 9
    found = relative_strengths(strengths, None, 20.0, (1.0, 1.0))
    for turn in TURNS:
        turned = relative_strengths(np.ascontiguousarray(turn(strengths)), None, 20.0, (1.0, 1.0))
        assert_array_equal(turned, turn(found))
    assert_array_equal(relative_strengths(strengths * 16, None, 20.0, (1.0, 1.0)), found * 8)
    assert_array_equal(relative_strengths(strengths, None, 10.0, (0.5, 0.5)), found)
    strengths[:, 0] = 1e30
    far = relative_strengths(strengths, None, 20.0, (1.0, 1.0))
    assert_array_equal(far[:, 81:], found[:, 81:])
    assert (far[:, 1:80] < found[:, 1:80]).all()
    tiny = np.zeros((3, 4), dtype)
    tiny[1, 2] = np.finfo(dtype).tiny
    assert np.isfinite(relative_strengths(tiny, None, 20.0, (1.0, 1.0))).all()


@given(st.data())
def test_contrast_divides_the_gradient_by_its_mean_around(data):
    image, mask = data.draw(images((5, 6), dtype="f4")), data.draw(masks((5, 6)) | st.none())
    spacing = data.draw(st.sampled_from([(1.0, 1.0), (2.0, 3.0)]))
    unit = min(spacing)
    gradient = gradient_magnitude(image, sigma=2 * unit, mask=mask, spacing=spacing)
    strengths = relative_strengths(gradient, mask, 20 * unit, spacing)
    tree = merge_tree(image, mask=mask, spacing=spacing)
    given_them = merge_tree(image, regions=tree.regions, boundaries=strengths, mask=mask, spacing=spacing)
    assert_array_equal(given_them.parents, tree.parents)
    assert_allclose(given_them.heights**1.25, tree.heights, rtol=1e-12)


TURNS = [lambda a: a[::-1], lambda a: a[:, ::-1], lambda a: np.swapaxes(a, 0, 1)]


@pytest.mark.parametrize("name", NAMES)
@given(st.data())
def test_trees_turn_with_the_image(name, data):
    image = data.draw(images((5, 6)) | images((4, 5), n_channels=3))
    turn = data.draw(st.sampled_from(TURNS[:2] if name == "multiresolution" else TURNS))
    tree, turned = (merge_tree(array, criterion=name) for array in (image, np.ascontiguousarray(turn(image))))
    assert_allclose(turned.heights, tree.heights, rtol=1e-6)
    for height in np.unique(tree.heights)[::2]:
        labels = np.ascontiguousarray(turn(cut_tree(tree, height=height * (1 + 1e-6))))
        assert_array_equal(number_by_first_pixel(labels), cut_tree(turned, height=height * (1 + 1e-6)))


def test_what_many_become_at_once_does_not_depend_on_their_order():
    """Three and more regions that tie are added up in an order that turns with the image, for sums are rounded."""
    rows = ["2211000032322", "3222231320132", "0323003020111", "1000022212311", "3331232322130", "2232111123032"]
    image = 170 + np.array([[int(level) for level in row] for row in rows], float)
    labels = multiresolution_segment(image)
    for axis in (0, 1):
        flipped = multiresolution_segment(np.ascontiguousarray(np.flip(image, axis)))
        assert_array_equal(number_by_first_pixel(np.ascontiguousarray(np.flip(flipped, axis))), labels)


@pytest.mark.parametrize(
    ("name", "power"), [("contrast", 1), ("ward", 2), ("mean", 1), ("border", 1), ("multiresolution", 0)]
)
@given(st.data())
def test_heights_scale_with_the_image(name, power, data):
    image = data.draw(images((4, 6), dtype="f4"))
    tree, scaled = merge_tree(image, criterion=name), merge_tree(image * 256, criterion=name)
    assert_allclose(scaled.heights, tree.heights * 256.0**power, rtol=1e-12)
    assert_array_equal(scaled.parents, tree.parents)


@pytest.mark.parametrize("name", NAMES)
def test_ramps_and_flat_images_take_few_rounds(name):
    """Edges of equal cost merge together: a ramp of so many steps would take as many rounds, and minutes."""
    ramp = np.tile(np.arange(300, dtype=np.float32), (2, 1))
    assert len(merge_tree(ramp, criterion=name, weights=[1]).heights) <= 599
    flat = merge_tree(np.zeros((3, 4), np.float32), criterion=name)
    assert flat.heights.tolist() == [0]
    assert_array_equal(flat.regions, 1)


@pytest.mark.parametrize("name", NAMES)
def test_far_and_large_values(name):
    image = np.array([[1.0, 2, 1e150], [3, 9, -1e150]])
    tree = merge_tree(image, criterion=name)
    assert np.isfinite(tree.heights).all()
    assert_array_equal(cut_tree(tree, n_segments=1), 1)


def test_what_takes_no_part():
    tree = merge_tree([[1, np.nan, 2], [1, np.nan, 2]], criterion="ward")
    assert_array_equal(tree.regions, [[1, 0, 2], [1, 0, 2]])
    assert tree.parents.tolist() == [0, 1]
    with pytest.raises(ValueError, match="2 pieces"):
        cut_tree(tree, n_segments=1)
    nothing = merge_tree(np.full((2, 3), np.nan))
    assert len(nothing.parents) == 0
    assert merge_tree([[5.0]]).heights.tolist() == [0]


def test_regions_of_a_caller():
    image = np.array([[1, 1, 5, 5, 9.0]])
    tree = merge_tree(image, regions=[[7, 7, 3, 3, 0]], criterion="mean")
    assert_array_equal(tree.regions, [[1, 1, 2, 2, 0]])
    assert tree.heights.tolist() == [0, 0, 4]
    assert tree.areas.tolist() == [2, 2, 4]
    with pytest.raises(ValueError, match="label 7 in 2 pieces"):
        merge_tree(image, regions=[[7, 3, 7, 4, 4]])
    with pytest.raises(ValueError, match="in 2 pieces"):
        merge_tree(image, regions=[[7, 7, 7, 3, 3]], mask=[[True, False, True, True, True]])
    with pytest.raises(ValueError, match="regions has shape"):
        merge_tree(image, regions=[[7, 7, 3, 3]])


def test_options_that_do_not_fit():
    image = np.arange(6.0).reshape(2, 3)
    for options, message in [
        ({"criterion": "wards"}, "criterion"),
        ({"criterion": "ward", "boundaries": image}, "looks at no boundaries"),
        ({"boundaries": -image}, "at least 0"),
        ({"boundaries": image[:1]}, "boundaries has shape"),
        ({"boundaries": np.full((2, 3), np.nan)}, "not finite"),
        ({"weights": [1, 2]}, "weights has 2 numbers; expected 1"),
        ({"weights": [-1]}, "weights"),
        ({"shape": 1.5}, "from 0 to 1"),
        ({"compactness": -0.5}, "compactness"),
        ({"connectivity": 3}, "connectivity"),
    ]:
        with pytest.raises(ValueError, match=message):
            merge_tree(image, **options)


def test_spacing_and_connectivity():
    image = np.array([[1.0, 9], [9, 1]])
    both = merge_tree(image, criterion="mean", connectivity=2)
    assert both.heights.max() == 8
    assert both.regions.max() == 2
    assert merge_tree(image, criterion="mean", spacing=(2, 3)).areas.max() == 24
    values = np.random.default_rng(0).random((4, 5))
    for name in NAMES:
        wide = merge_tree(values, criterion=name, spacing=2)
        assert wide.areas.max() == pytest.approx(80)
    assert merge_tree(values, criterion="border", boundaries=values, connectivity=2).heights.max() > 0


def test_weights_leave_channels_out():
    image = np.random.default_rng(1).integers(0, 99, (5, 6, 3)).astype(np.uint8)
    for name in ("ward", "mean", "multiresolution"):
        zones = merge_tree(image, criterion=name).regions
        first = merge_tree(image[..., 0], regions=zones, criterion=name, weights=[2])
        assert_allclose(merge_tree(image, criterion=name, weights=[2, 0, 0]).heights, first.heights, rtol=1e-9)


def test_photographs_are_compared_in_lab():
    image = np.random.default_rng(2).integers(0, 255, (12, 13, 3)).astype(np.uint8)
    lab = merge_tree(image)
    assert_allclose(lab.heights, merge_tree(classicseg.rgb_to_lab(image)).heights, rtol=1e-6)
    assert not np.array_equal(lab.heights, merge_tree(image, weights=[1, 1, 1]).heights)
