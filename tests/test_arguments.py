"""Whatever is passed to a public function, it works, or a TypeError or a ValueError names an argument.

Built from the signatures: who joins the catalogue is held to it without a test of its own. An argument that must
be given and has a name of its own needs a line in `GIVEN`.
"""

from __future__ import annotations

import contextlib
import copy
import inspect
import time
import warnings
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import classicseg
from classicseg import metrics, preprocess
from classicseg._core.arrays import MOST_AXES

GREY = np.add.outer(np.arange(4) // 2 * 50, np.arange(5) // 3 * 90 + np.arange(5)).astype(np.uint8)
with warnings.catch_warnings():
    warnings.simplefilter("ignore", PendingDeprecationWarning)
    MATRIX = np.asmatrix(GREY)
CLASSES = ((GREY > 60) + 1 * (GREY > 100)).astype(np.int32)
LINES = np.zeros(GREY.shape, bool)
LINES[1, 1:4] = LINES[2:, 2] = True
TABLE = metrics.contingency_table(CLASSES, CLASSES)
CURVE = metrics.edge_curve(LINES, GREY, thresholds=[1, 50])
HISTOGRAM = classicseg.pixel_histogram(GREY)
TREE = classicseg.flat_zone_tree(GREY)

CLASSIFIER = classicseg.pixel_classifier_fit(GREY, strokes=LINES, features="gaussian", scales=1, n_trees=2)

GIVEN = {
    "image": GREY, "images": GREY, "labels": CLASSES, "truth": CLASSES, "edges": LINES, "strengths": GREY,
    "centers": [10.0, 90.0], "classifier": CLASSIFIER,
    "inside": (0, 0), "outside": (3, 4), "histograms": [HISTOGRAM], "tables": [TABLE], "curves": [CURVE],
    "probabilities": np.full((*GREY.shape, 3), 1 / 3), "n_workers": 1, "n_segments": 4,
    "tree": TREE, "boundaries": GREY, "keep": [True] * len(np.unique(CLASSES[CLASSES > 0])),
    **{option: {1: [(0, 0)], 2: [(3, 4)]} for option in ("seeds", "markers", "strokes")},
}  # fmt: skip
"""Something to pass for each argument that must be given."""

SETS = [
    "f_measure",
    "pseudo_f_measure",
    "drd",
    "hausdorff",
    "hausdorff95",
    "average_surface_distance",
    "match_edges",
    "edge_curve",
]
"""Those whose truth and labels are sets of pixels."""

MORE: dict[str, dict[str, object]] = {
    "classify_segment": {"features": "gaussian", "scales": 1, "n_trees": 2},
    "pixel_classifier_fit": {"features": "gaussian", "scales": 1, "n_trees": 2},
    "cut_tree": {"height": 20},
    "merge_small_regions": {"min_area": 3},
    "expand_labels": {"distance": 2},
    "remove_small_regions": {"min_area": 3},
    "crop": {"labels": CLASSES, "margin": 1},
    "flip": {"axes": 0},
    "match_channels": {"n_channels": 3},
    "pad": {"width": 1},
    "resize": {"shape": (3, 7)},
    "rotate": {"degrees": 30},
    "psnr": {"image": CLASSES, "truth": CLASSES, "peak": 2},
    "ssim": {"image": CLASSES, "truth": CLASSES, "peak": 2},
    "edge_curve": {"thresholds": [1, 50]},
    "graph_cut_segment": {"strokes": {1: [(0, 0)], 2: [(3, 4)]}},
    "link_edges": {"max_gap": 1},
    "rgb_to_lab": {"image": np.stack([GREY] * 3, axis=-1)},
    "thin_boundaries": {"boundaries": classicseg.BoundaryMap(GREY / 255, GREY / 100)},
}
"""What else the call is to have, so that it works, or works at once."""

FUNCTIONS = {
    name: value
    for name, value in [
        *((n, getattr(classicseg, n)) for n in classicseg.__all__),
        *vars(metrics).items(),
        *vars(preprocess).items(),
    ]
    if inspect.isfunction(value)
    and inspect.signature(value).parameters
    and name not in ("read_image", "write_labels", "read_pixel_classifier", "write_pixel_classifier")
}
"""All but those of files, whose own tests try them: a name of no sense may still be written to."""

ARRAYS = {
    "mask",
    "weights",
    "recall_weights",
    "precision_weights",
    "seeds",
    "markers",
    "strokes",
    "unary",
    "gradient",
    "points",
    "init",
}
"""Options that are arrays, beside the arguments that must be given."""


class Strange:
    def __repr__(self) -> str:
        raise RuntimeError("no words")

    def __hash__(self) -> int:
        raise TypeError("no hash")

    __eq__ = None  # type: ignore[assignment]


class Foreign:
    """An array of another library."""

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return GREY.copy()


ENDLESS: list = []
ENDLESS.append(ENDLESS)

NUMBERS = [
    0, 1, 2, 3, -1, 0.5, 2.5, -0.0, 2**31 - 1, 2**31, 2**40 + 1, 2**53, 2**62, 2**63 - 1, 2**63, -(2**63), 2**64,
    10**400, 10**5000, 1e10, 1e20, 1e150, 1e151, 1e300, -1e300, 1.7e308, 1e-151, 1e-300, 5e-324, np.nan,
    np.inf, -np.inf,
    np.int8(3), np.uint64(2**64 - 1), np.float16(2), np.longdouble(2), np.complex64(2), 1j, True, np.True_,
    Decimal("2.5"), Decimal("NaN"), Decimal("sNaN"), Decimal("1e400"), Fraction(1, 3), Fraction(10**400, 3),
    np.array(2), np.array(2.5), np.array(None), np.ma.masked, np.ma.array(2.0, mask=True), np.ma.array(2.0),
    np.datetime64("2020"), np.timedelta64(3),
]  # fmt: skip
"""What is, or is like, a number."""

OTHERS = [
    None, "", "otsu", "image", "canny", b"1", bytearray(b"12"), memoryview(b"12"), np.str_("x"), np.array("x"),
    [], (),
    {}, {1, 2}, [1], [1, 2], (1.5, 2.5), [1, 2, 3], [[1, 2], [3]], [[1, 2], [3, 4]], [None, 1], ["a", "b"],
    [np.nan, 1],
    [1e300, 1e308], [1e-300, 1e-300], [2**63, 2**63], (1,) * 1000, range(2), np.ma.array([1.0, 2.0], mask=[0,
    1]),
    np.array([1.0, 2.0]), np.array([1, 2, 3]), np.empty(0), np.zeros(2, "i4,f4"), Strange(), [Strange()], len,
    {1: [(0, 0)]}, {"a": 1}, {1: None}, {1: np.ma.array([[0, 0], [1, 1]], mask=[[0, 0], [1, 1]])}, ENDLESS,
    slice(2), ...,
    [(0, 0), (1,)], iter([1]), HISTOGRAM, TABLE, CURVE, [TABLE, CLASSES], [CURVE, 1],
    classicseg.PixelHistogram(None, None), classicseg.PixelHistogram(np.ma.array([[1.0]], mask=True),
    np.array([1])),
    metrics.Contingency(*[None] * 5), TABLE._replace(rows=TABLE.rows + 9), [metrics.EdgeCurve(np.ones(2), [1])],
    classicseg.EdgePoints(*[None] * 4),
]  # fmt: skip
"""What is no number."""

SHAPES = [
    *(np.zeros(shape, "f8") for shape in [(0,), (1,), (7,), (0, 5), (4, 5, 3), (4, 5, 5), (2,) * 5]),
    *(np.zeros((1,) * n, dtype) for n in (MOST_AXES, MOST_AXES + 1, 20, 32) for dtype in ("f8", "i4", "?")),
    GREY.T, np.asfortranarray(GREY), GREY[::-1, ::-1], np.broadcast_to(1, GREY.shape), np.broadcast_to(2.0,
    GREY.shape),
    GREY.tolist(), tuple(map(tuple, CLASSES.tolist())), [np.zeros((2, 2)), np.zeros((2, 3))], [GREY, GREY],
    [CLASSES, CLASSES], [LINES, LINES], MATRIX, Foreign(), np.zeros(1000), np.array([["a"]]),
]  # fmt: skip

DTYPES = ("?", "i1", "i2", ">u2", "i4", "u4", "i8", "u8", "f2", "f4", ">f8", "g", "F", "D", "O", "U5", "S5")

VALUES = [
    *(GREY.astype(dtype) for dtype in DTYPES),
    *(np.zeros(GREY.shape, dtype) for dtype in ("M8[s]", "m8[s]", "V3", "i4,f4", "i4", "?")),
    *(np.where(GREY > 60, high, low) for high, low in [
        (np.nan, 1.0), (-np.inf, 1.0), (np.finfo("f8").max, -np.finfo("f8").max), (np.float32(3e38),
    np.float32(-3e38)),
        (5e-324, 0.0), (1e-300, 0.0), (1e-160, 1.0), (1e149, 0.0), (2**31 - 1, 0), (2**31 - 1, 2**31 - 2),
    (2**31, 0),
        (2**53, 0), (-1, 0), (-(2**63), 0),
    ]),
    *(np.full(GREY.shape, value) for value in (np.nan, np.inf, 1e200, 2**31 - 1, np.uint64(2**64 - 1), True)),
    *(np.ma.array(array, mask=GREY > 60) for array in (GREY, CLASSES, LINES, GREY / 9, CLASSES - 1,
    GREY.astype("O"))),
    np.ma.array(CLASSES, mask=True), np.ma.array(CLASSES), [np.ma.array([1, 2], mask=[0, 1])] * 2,
    [[1, np.ma.masked], [2, 3]], np.ma.zeros(GREY.shape, "i4,f4"),
]  # fmt: skip


def good(name: str) -> dict[str, object]:
    """A call that works, by name."""
    parameters = inspect.signature(FUNCTIONS[name]).parameters
    needed = [p for p, parameter in parameters.items() if parameter.default is parameter.empty or p == "labels"]
    chosen = {p: GIVEN[p] for p in needed if p not in MORE.get(name, {})}
    if name in SETS:
        chosen |= {p: LINES for p in ("truth", "labels") if p in chosen}
    return chosen | MORE.get(name, {})


def call(name: str, arguments: dict[str, object]) -> None:
    kinds = inspect.signature(FUNCTIONS[name]).parameters
    by_place = [
        arguments[p] for p, kind in kinds.items() if kind.kind is kind.POSITIONAL_OR_KEYWORD and p in arguments
    ]
    by_name = {p: value for p, value in arguments.items() if kinds[p].kind is inspect.Parameter.KEYWORD_ONLY}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = FUNCTIONS[name](*by_place, **by_name)
    if name == "set_workers":
        with result:
            pass


def fault(name: str, argument: str, value: object) -> str:
    """What is wrong with how a function takes this value; nothing where all is well."""
    given = copy.copy(value) if hasattr(value, "__next__") else value
    arguments = good(name) | {argument: given}
    before = _bytes(value)
    start = time.perf_counter()
    try:
        call(name, arguments)
    except (TypeError, ValueError) as error:
        if not any(known in str(error) for known in inspect.signature(FUNCTIONS[name]).parameters):
            return f"an error that names no argument: {error}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    if _bytes(value) != before:
        return "it is written to"
    return "more than 5 s" if time.perf_counter() - start > 5 and _again(name, arguments) > 5 else ""


def _bytes(value: object) -> bytes:
    return np.ma.getdata(value).tobytes() if isinstance(value, np.ndarray) and value.dtype != object else b""


def _again(name: str, arguments: dict[str, object]) -> float:
    """The time of a call that compiles nothing."""
    start = time.perf_counter()
    with contextlib.suppress(TypeError, ValueError):
        call(name, arguments)
    return time.perf_counter() - start


def swept(name: str) -> list[tuple[str, object]]:
    """Each argument with each value that it is tried with."""
    cases: list[tuple[str, object]] = []
    for parameter in inspect.signature(FUNCTIONS[name]).parameters.values():
        is_array = parameter.default is parameter.empty or parameter.name in ARRAYS | {"labels", "image"}
        cases += [(parameter.name, value) for value in [*NUMBERS, *OTHERS, *(SHAPES + VALUES if is_array else [])]]
    return cases


@pytest.mark.sweep
@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_argument_takes_what_it_means_and_names_what_it_does_not(name):
    call(name, good(name))
    faults = [(argument, value, fault(name, argument, value)) for argument, value in swept(name)]
    wrong = [f"{argument}={_shown(value)}: {said}" for argument, value, said in faults if said]
    assert not wrong, f"{len(wrong)} of {len(faults)}:\n" + "\n".join(wrong)


def _shown(value: object) -> str:
    if isinstance(value, np.ndarray):
        return f"{type(value).__name__} of {value.dtype}, {value.shape}"
    try:
        return repr(value)[:60]
    except Exception:
        return type(value).__name__


def test_the_sweep_is_not_empty():
    assert sum(len(swept(name)) for name in FUNCTIONS) > 30_000
