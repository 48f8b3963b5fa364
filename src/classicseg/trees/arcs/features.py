"""Features of arcs: what is measured of them, as numbers that a model can weigh; the same with the two regions
exchanged, and for a turned image."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from classicseg.trees.arcs.arcs import N_LEVELS, SCORE_STEPS, STRENGTH_STEPS, Arcs
from classicseg.trees.arcs.planes import COLOR_STEPS, N_BINS, SHARES

_TINY = 1e-9


def features_of(arcs: Arcs, n_pixels: int) -> tuple[NDArray[np.float32], list[str]]:
    sums, ends = arcs.sums, arcs.ends
    n = sums[:, 0]
    out: dict[str, NDArray] = {}

    def two(name, of_regions):
        a, b = of_regions[ends[:, 0]], of_regions[ends[:, 1]]
        out[name + "_min"], out[name + "_max"] = np.minimum(a, b), np.maximum(a, b)

    # gradients
    for k in range(6):
        out[f"grad{k}"] = sums[:, 7 + k] / n
    # strengths
    mean = sums[:, 13] / n / STRENGTH_STEPS
    along = sums[:, 14] / n / STRENGTH_STEPS
    out["strength"], out["along"] = mean, along
    out["ratio"] = along / (mean + _TINY)
    cumulated = np.cumsum(sums[:, 15:15 + N_LEVELS], axis=1) / n[:, None]
    for q in (0.1, 0.25, 0.5, 0.75, 0.9):
        below = (cumulated < q).sum(axis=1)
        below = np.minimum(below, N_LEVELS - 1)
        at = np.take_along_axis(cumulated, below[:, None], 1)[:, 0]
        before = np.where(below > 0, np.take_along_axis(cumulated, np.maximum(below - 1, 0)[:, None], 1)[:, 0], 0)
        out[f"q{q}"] = (below + (q - before) / (at - before + _TINY)) / N_LEVELS
    # strips
    for d, where in enumerate(("near", "far")):
        a, b = arcs.strips[:, 0, d].astype(float), arcs.strips[:, 1, d].astype(float)
        _differences(out, where, a[:, 0], a[:, 1:4], a[:, 4:], b[:, 0], b[:, 1:4], b[:, 4:])
    # regions
    r = arcs.regions.astype(float)
    a, b = r[ends[:, 0]], r[ends[:, 1]]
    _differences(out, "region", a[:, 0], a[:, 1:4], a[:, 7:], b[:, 0], b[:, 1:4], b[:, 7:])
    dev = np.sqrt(np.maximum(r[:, 4:7] / r[:, :1] - (r[:, 1:4] / r[:, :1]) ** 2, 0)) / COLOR_STEPS
    two("devL", dev[:, 0])
    two("devab", np.hypot(dev[:, 1], dev[:, 2]))
    tex = r[:, 7 + sum(N_BINS[:3]):] @ np.arange(N_BINS[3]) / (r[:, 0] * SHARES)
    two("tex", tex)
    two("L", r[:, 1] / r[:, 0] / COLOR_STEPS)
    chroma = np.hypot(r[:, 2] / r[:, 0] - 1024, r[:, 3] / r[:, 0] - 1024) / COLOR_STEPS
    two("chroma", chroma)
    # strips against the regions
    for d, where in enumerate(("near", "far")):
        own, other = [], []
        for side in (0, 1):
            s = arcs.strips[:, side, d].astype(float)
            me, ot = (a, b) if side == 0 else (b, a)
            own.append(_chi(s[:, 4:] / np.maximum(s[:, :1], 1), me[:, 7:] / me[:, :1]))
            other.append(_chi(s[:, 4:] / np.maximum(s[:, :1], 1), ot[:, 7:] / ot[:, :1]))
        out[where + "_own"] = np.maximum(*own)
        out[where + "_other_min"], out[where + "_other_max"] = np.minimum(*other), np.maximum(*other)
    # shape
    two("area", r[:, 0])
    out["length"] = n
    perimeter = np.bincount(ends[:, 0], n, len(r)) + np.bincount(ends[:, 1], n, len(r))
    two("part", 1 / np.maximum(perimeter, 1))
    out["part_min"], out["part_max"] = out["part_min"] * n, out["part_max"] * n
    two("round", perimeter / np.sqrt(r[:, 0]))
    s = sums[:, 2:7].astype(np.int64)
    N = n.astype(np.int64)
    yy, xx, yx = (N * s[:, 2] - s[:, 0] ** 2), (N * s[:, 3] - s[:, 1] ** 2), (N * s[:, 4] - s[:, 0] * s[:, 1])
    root = np.sqrt(((yy - xx).astype(float)) ** 2 + 4.0 * yx.astype(float) ** 2)
    major, minor = ((yy + xx) + root) / 2, np.maximum((yy + xx) - root, 0) / 2
    out["straight"] = np.sqrt(major) / (n * n)
    out["thin"] = np.sqrt(minor / (major + 1))
    out["minor"] = np.sqrt(minor) / n
    out["border"] = sums[:, 1] / n
    # context
    _context(out, "c", ends, n, sums[:, 14], along, len(r))
    _ranks(out, "rank", along)
    _ranks(out, "rank_grad", sums[:, 7] / n)
    _ranks(out, "rank_chi", out["region_chi"])
    out["mean_strength"] = np.full(len(n), sums[:, 14].sum() / max(n.sum(), 1))
    if arcs.scores.shape[1]:
        sc = arcs.scores / SCORE_STEPS
        before = sc[:, 0] / n
        out["score"], out["score_min"], out["score_max"] = before, sc[:, 1], sc[:, 2]
        _context(out, "s", ends, n, np.rint(arcs.scores[:, 0]), before, len(r))
        _ranks(out, "rank_score", before)
        out["n_regions"] = np.full(len(n), len(r))
    return np.stack(list(out.values()), axis=1).astype(np.float32), list(out)


def _context(out, name, ends, n, total, value, n_regions):
    length = np.bincount(ends[:, 0], n, n_regions) + np.bincount(ends[:, 1], n, n_regions)
    all_ = np.bincount(ends[:, 0], total, n_regions) + np.bincount(ends[:, 1], total, n_regions)
    rest = [(all_[e] - total) / np.maximum(length[e] - n, 1) for e in ends.T]
    scale = total.sum() / max(n.sum(), 1)
    out[name + "_rest_min"], out[name + "_rest_max"] = np.minimum(*rest), np.maximum(*rest)
    least, most = np.full(n_regions, np.inf), np.zeros(n_regions)
    for e in ends.T:
        np.minimum.at(least, e, value)
        np.maximum.at(most, e, value)
    low, high = [least[e] for e in ends.T], [most[e] for e in ends.T]
    out[name + "_low_min"], out[name + "_low_max"] = value - np.maximum(*low), value - np.minimum(*low)
    out[name + "_high_min"], out[name + "_high_max"] = np.minimum(*high), np.maximum(*high)


def _ranks(out, name, value):
    out[name] = np.searchsorted(np.sort(value), value) / max(len(value), 1)


def _chi(p, q):
    return (((p - q) ** 2) / (p + q + _TINY)).sum(axis=1) / SHARES


def _differences(out, where, n_a, color_a, hist_a, n_b, color_b, hist_b):
    n_a, n_b = np.maximum(n_a, 1)[:, None], np.maximum(n_b, 1)[:, None]
    apart = np.abs(color_a / n_a - color_b / n_b) / COLOR_STEPS
    for k, c in enumerate("Lab"):
        out[f"{where}_{c}"] = apart[:, k]
    out[f"{where}_E"] = np.sqrt((apart**2).sum(axis=1))
    p, q = hist_a / n_a, hist_b / n_b
    first, total = 0, 0
    for k, size in enumerate(N_BINS):
        x = _chi(p[:, first:first + size], q[:, first:first + size])
        out[f"{where}_chi{k}"] = x
        total = total + x
        first += size
    out[f"{where}_chi"] = total
