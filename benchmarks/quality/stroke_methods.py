"""What takes strokes, ours and other libraries': from a scene to labels, with the settings that are tried."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from classicseg import (
    active_contour_segment,
    boundary_probability,
    chan_vese_segment,
    classify_segment,
    geodesic_segment,
    grabcut_segment,
    gradient_magnitude,
    graph_cut_segment,
    pixel_classifier_apply,
    pixel_classifier_fit,
    random_walker_segment,
    region_growing_segment,
    rgb_to_lab,
    watershed_segment,
)


class Scene(NamedTuple):
    """What a person looks at, and what was drawn."""

    image: NDArray[Any]
    strokes: NDArray[np.int32]

    @property
    def channel_axis(self) -> int | None:
        return -1 if self.image.ndim > self.strokes.ndim else None

    @property
    def options(self) -> dict[str, Any]:
        """Those that most of ours take."""
        return {"strokes": self.strokes, "channel_axis": self.channel_axis}

    @property
    def variance(self) -> float:
        """The sum of those of the channels."""
        return float(self.image.reshape(self.strokes.size, -1).var(axis=0, dtype=np.float64).sum())

    @property
    def lab(self) -> NDArray[Any]:
        """Colors as the eye tells them apart; grey as it is."""
        return self.image if self.channel_axis is None else rgb_to_lab(self.image)

    @property
    def rgb(self) -> NDArray[np.uint8]:
        return self.image if self.image.ndim == 3 else np.repeat(self.image[..., np.newaxis], 3, axis=2)


class Way(NamedTuple):
    """A method of a library, and what is tried of its options."""

    name: str
    library: str
    call: Callable[..., Any]
    """From a scene and a setting to labels, or to masks by label."""
    grid: Mapping[str, Sequence[Any]] = {}
    kinds: Sequence[str] = ("photographs", "sections", "volumes")
    """What it is scored on: color, grey of two labels, and grey volumes."""


def ways(kind: str) -> list[Way]:
    """Those for a kind of images."""
    return [way for way in _WAYS if kind in way.kinds]


def _walk(scene: Scene, *, beta: float) -> Any:
    """With `beta` by one by the variance, as the default has it."""
    return random_walker_segment(scene.image, beta=beta / scene.variance, **scene.options)


def _walk_on_gradient(scene: Scene, *, sigma: float) -> Any:
    surface = gradient_magnitude(scene.lab, sigma=sigma, channel_axis=scene.channel_axis)
    return random_walker_segment(surface, strokes=scene.strokes, surface="image", channel_axis=None)


def _walk_on_boundaries(scene: Scene) -> Any:
    """Without the model that comes with the package: it learned from the images that are scored here."""
    strength = boundary_probability(scene.image, model=None).strength
    return random_walker_segment(strength, strokes=scene.strokes, surface="image")


def _flood_boundaries(scene: Scene) -> Any:
    strength = boundary_probability(scene.image, model=None).strength
    return watershed_segment(strength, markers=scene.strokes, surface="image")


def _geodesic(scene: Scene, *, edge_weight: float) -> Any:
    """With `edge_weight` by one by the standard deviation, as the default has it."""
    return geodesic_segment(scene.image, edge_weight=edge_weight / scene.variance**0.5, **scene.options)


def _cut(scene: Scene, *, unary: NDArray[np.float64] | None = None, smoothness: float = 1) -> Any:
    return graph_cut_segment(scene.image, unary=unary, smoothness=smoothness, **scene.options)


def _cut_classes(scene: Scene, *, scales: Sequence[float], smoothness: float) -> Any:
    """What the forest says of a pixel is what its label costs."""
    return _cut(scene, unary=_costs(scene, scales), smoothness=smoothness)


def _cut_both(scene: Scene, *, scales: Sequence[float], smoothness: float) -> Any:
    """A label costs 1 more where the other method has another one."""
    costs = _costs(scene, scales)
    costs += _chan_vese(scene, smoothing=0, sigma=1)[..., np.newaxis] != np.array([1, 2])
    return _cut(scene, unary=costs, smoothness=smoothness)


def _costs(scene: Scene, scales: Sequence[float]) -> NDArray[np.float64]:
    """Minus the logarithm of the votes of a forest; labels are 1, 2, …"""
    known = pixel_classifier_fit(scene.image, scales=scales, **scene.options)
    shares = pixel_classifier_apply(scene.image, known, probabilities=True, channel_axis=scene.channel_axis)
    return -np.log(np.moveaxis(shares, 0, -1).astype(np.float64) + 0.01)


def _classify(scene: Scene, *, scales: Sequence[float]) -> Any:
    return classify_segment(scene.image, scales=scales, **scene.options)


def _grabcut(scene: Scene, *, smoothness: float, root: bool = False, labels: Any = None) -> Any:
    image = _rooted(scene.image) if root else scene.image
    return grabcut_segment(image, labels=labels, smoothness=smoothness, **scene.options)


def _from_classes(scene: Scene, *, smoothness: float, root: bool = False) -> Any:
    """What the forest says is a former result that GrabCut goes on from."""
    return _grabcut(scene, smoothness=smoothness, root=root, labels=_classify(scene, scales=_SCALES[-1]))


def _rooted(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Where light is counted, noise is the same all over then, and what is dim stands out as what is bright."""
    return np.rint(np.sqrt(image / 255) * 255).astype(np.uint8)


def _grow(scene: Scene) -> Any:
    options = {"seeds": scene.strokes, "channel_axis": scene.channel_axis}
    return region_growing_segment(scene.image, criterion="competition", **options)


def _flood(scene: Scene, *, sigma: float) -> Any:
    return watershed_segment(scene.lab, sigma=sigma, markers=scene.strokes, channel_axis=scene.channel_axis)


def _chan_vese(scene: Scene, *, smoothing: int, sigma: float = 0) -> Any:
    image = ndimage.gaussian_filter(scene.image.astype(np.float32), sigma)
    return _named(scene, chan_vese_segment(image, init=_start(scene), smoothing=smoothing) == 2)


def _contour(scene: Scene, *, sigma: float) -> Any:
    return active_contour_segment(scene.image, init=_start(scene), balloon=1, sigma=sigma)


def _their_chan_vese(scene: Scene, *, smoothing: int) -> Any:
    from skimage.segmentation import morphological_chan_vese

    found = morphological_chan_vese(scene.image.astype(float), 200, _start(scene).astype(np.int8), smoothing)
    return _named(scene, found > 0)


def _start(scene: Scene) -> NDArray[np.bool_]:
    return ndimage.binary_dilation(scene.strokes == 2)


def _named(scene: Scene, side: NDArray[np.bool_]) -> NDArray[np.int32]:
    """The side that has more of the second label's strokes is that label."""
    first, second = (side[scene.strokes == label].mean() for label in (1, 2))
    return np.where(side == (second >= first), 2, 1)


def _from_0_to_1(scene: Scene) -> NDArray[np.float64]:
    """L*a*b* of colors, with which their methods find more."""
    from skimage.color import rgb2lab

    return scene.image / 255 if scene.channel_axis is None else rgb2lab(scene.image) / 100


def _their_walk(scene: Scene, *, beta: float) -> Any:
    """The mode "cg_j" solves the same equations more slowly."""
    from skimage.segmentation import random_walker

    options = {"beta": beta, "mode": "cg_mg", "prob_tol": 1, "channel_axis": scene.channel_axis}
    return random_walker(_from_0_to_1(scene), scene.strokes, **options)


def _their_flood(scene: Scene, *, sigma: float) -> Any:
    from skimage import filters, segmentation

    smooth = filters.gaussian(_from_0_to_1(scene), sigma, channel_axis=scene.channel_axis)
    channels = [smooth] if scene.channel_axis is None else np.moveaxis(smooth, -1, 0)
    joined = np.linalg.norm([filters.sobel(channel) for channel in channels], axis=0)
    return segmentation.watershed(joined, scene.strokes)


def _their_forest(scene: Scene, *, most: float) -> Any:
    from skimage.feature import multiscale_basic_features
    from sklearn.ensemble import RandomForestClassifier

    features = multiscale_basic_features(scene.image, sigma_min=1, sigma_max=most, channel_axis=scene.channel_axis)
    is_drawn = scene.strokes > 0
    forest = RandomForestClassifier(100, random_state=0).fit(features[is_drawn], scene.strokes[is_drawn])
    return forest.predict(features.reshape(-1, features.shape[-1])).reshape(scene.strokes.shape)


def _their_grabcut(scene: Scene, *, n_iter: int, root: bool = False) -> Any:
    """Each label against all others: it knows two."""
    import cv2

    rgb, found = _rooted(scene.rgb) if root else scene.rgb, {}
    for label in np.unique(scene.strokes[scene.strokes > 0]).tolist():
        mask = np.full(scene.strokes.shape, cv2.GC_PR_BGD, np.uint8)
        mask[scene.strokes > 0] = cv2.GC_BGD
        mask[scene.strokes == label] = cv2.GC_FGD
        cv2.setRNGSeed(0)
        models = np.zeros((1, 65)), np.zeros((1, 65))
        cv2.grabCut(rgb, mask, None, *models, n_iter, cv2.GC_INIT_WITH_MASK)
        found[label] = (mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)
    return found


def _flood_of_opencv(scene: Scene) -> Any:
    import cv2

    return cv2.watershed(scene.rgb, scene.strokes.copy())


def _gradient_of_itk(scene: Scene, sigma: float) -> Any:
    import SimpleITK

    channels = [scene.image] if scene.channel_axis is None else np.moveaxis(scene.image, -1, 0)
    images = [SimpleITK.GetImageFromArray(channel.astype(np.float32)) for channel in channels]
    found = [SimpleITK.GradientMagnitudeRecursiveGaussian(image, sigma) for image in images]
    return SimpleITK.GetImageFromArray(np.max([SimpleITK.GetArrayFromImage(one) for one in found], axis=0))


def _flood_of_itk(scene: Scene, *, sigma: float) -> Any:
    import SimpleITK

    markers = SimpleITK.GetImageFromArray(scene.strokes.astype(np.uint16))
    found = SimpleITK.MorphologicalWatershedFromMarkers(_gradient_of_itk(scene, sigma), markers, False)
    return SimpleITK.GetArrayFromImage(found)


def _march_of_itk(scene: Scene, *, sigma: float, edge_weight: float) -> Any:
    """A front from the strokes of each label; the first one has the pixel."""
    import SimpleITK

    gradient = _gradient_of_itk(scene, sigma)
    speed = 1 / (1 + gradient * (edge_weight / scene.variance**0.5))
    times, labels = [], np.unique(scene.strokes[scene.strokes > 0])
    for label in labels:
        marching = SimpleITK.FastMarchingImageFilter()
        marching.SetTrialPoints([point[::-1].tolist() for point in np.argwhere(scene.strokes == label)])
        times.append(SimpleITK.GetArrayFromImage(marching.Execute(speed)))
    return labels[np.argmin(times, axis=0)]


_PHOTOGRAPHS, _SECTIONS, _VOLUMES = ("photographs",), ("sections",), ("volumes",)
_SCALES = ((1, 2, 4), (1, 2, 4, 8, 16))
_CLASSES = {"scales": _SCALES, "smoothness": (1, 3)}
_ROOT = {"root": (False, True)}

_WAYS = [
    Way("random walker", "classicseg", _walk, {"beta": (10, 30)}),
    Way("random walker on the gradient", "classicseg", _walk_on_gradient, {"sigma": (1, 2)}),
    Way("random walker on boundaries", "classicseg", _walk_on_boundaries, kinds=_PHOTOGRAPHS),
    Way("watershed of boundaries", "classicseg", _flood_boundaries, kinds=_PHOTOGRAPHS),
    Way("watershed", "classicseg", _flood, {"sigma": (0, 1, 2)}),
    Way("growing, competition", "classicseg", _grow),
    Way("geodesic", "classicseg", _geodesic, {"edge_weight": (15, 50)}),
    Way("graph cut of strokes", "classicseg", _cut),
    Way("GrabCut", "classicseg", _grabcut, {"smoothness": (2, 10, 20)}, _PHOTOGRAPHS),
    Way("GrabCut", "classicseg", _grabcut, {"smoothness": (2, 10, 20), **_ROOT}, _SECTIONS),
    Way("GrabCut", "classicseg", _grabcut, {"smoothness": (1, 2)}, _VOLUMES),
    Way("GrabCut from classes", "classicseg", _from_classes, {"smoothness": (10, 20), **_ROOT}, _SECTIONS),
    Way("classes of pixels", "classicseg", _classify, {"scales": _SCALES}),
    Way("cut of classes", "classicseg", _cut_classes, _CLASSES),
    Way("cut of classes and Chan–Vese", "classicseg", _cut_both, _CLASSES, _SECTIONS),
    Way("Chan–Vese from strokes", "classicseg", _chan_vese, {"smoothing": (0, 1)}, _SECTIONS),
    Way("active contour from strokes", "classicseg", _contour, {"sigma": (1, 2)}, _SECTIONS),
    Way("random walker", "scikit-image", _their_walk, {"beta": (130, 1000)}),
    Way("watershed", "scikit-image", _their_flood, {"sigma": (0, 1, 2)}),
    Way("Chan–Vese from strokes", "scikit-image", _their_chan_vese, {"smoothing": (0, 1)}, _SECTIONS),
    Way("forest on scikit-image's features", "scikit-learn", _their_forest, {"most": (4, 8, 16)}),
    Way("watershed", "SimpleITK", _flood_of_itk, {"sigma": (0.7, 1, 2)}),
    Way("fast marching", "SimpleITK", _march_of_itk, {"sigma": (0.7, 1.5), "edge_weight": (15, 50)}),
    Way("watershed", "OpenCV", _flood_of_opencv, kinds=_PHOTOGRAPHS + _SECTIONS),
    Way("GrabCut", "OpenCV", _their_grabcut, {"n_iter": (1, 3, 5)}, _PHOTOGRAPHS),
    Way("GrabCut", "OpenCV", _their_grabcut, {"n_iter": (1, 3, 5), **_ROOT}, _SECTIONS),
]
