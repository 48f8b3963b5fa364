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

_FEATURES: dict[str, dict[str, Any]] = {
    "gaussian": {"features": "gaussian", "scales": (1, 2, 4)},
    "standard": {},
    "rich": {
        "features": (
            "gaussian", "gradient_magnitude", "laplacian", "hessian_eigenvalues", "structure_tensor_eigenvalues",
            "difference_of_gaussians", "variance", "entropy", "gabor",
        )
    },
}  # fmt: skip
"""What forests learn from."""

_BOTH = "graph cut of classes and another method"
_VOTES = {"features": ("gaussian", "standard"), "smoothness": (1, 3)}


class Scene(NamedTuple):
    """What a person looks at, and what was drawn."""

    image: NDArray[Any]
    strokes: NDArray[np.int32]

    @property
    def channel_axis(self) -> int | None:
        return -1 if self.image.ndim > self.strokes.ndim else None

    @property
    def variance(self) -> float:
        """The sum of those of the channels."""
        return float(self.image.reshape(self.strokes.size, -1).var(axis=0, dtype=np.float64).sum())


class Way(NamedTuple):
    """A method of a library, and what is tried of its options."""

    name: str
    library: str
    call: Callable[..., Any]
    """From a scene and a setting to labels, or to masks by label."""
    grid: Mapping[str, Sequence[Any]] = {}


def for_photographs() -> list[Way]:
    """Ways that take color and any number of labels."""
    ours = [
        *_ours(["standard"]),
        Way("random walker on boundaries", "classicseg", _walk_on_boundaries),
        Way("watershed of boundaries", "classicseg", _flood_boundaries),
    ]
    return [*ours, *_theirs(is_lab=(False, True)), *_of_opencv()]


def for_two() -> list[Way]:
    """Ways for two labels on grey images."""
    ours = [
        *_ours(["gaussian", "standard", "rich"]),
        Way(_BOTH, "classicseg", _cut_of_both, {"second": ("GrabCut", "Chan–Vese"), **_VOTES}),
        Way("Chan–Vese from strokes", "classicseg", _chan_vese, {"smoothing": (0, 1)}),
        Way("active contour from strokes", "classicseg", _contour, {"sigma": (1, 2)}),
    ]
    theirs = [Way("Chan–Vese from strokes", "scikit-image", _their_chan_vese, {"smoothing": (0, 1)})]
    return [*ours, *_theirs(), *theirs, *_of_opencv()]


def for_volumes() -> list[Way]:
    """Ways for grey volumes."""
    ours = Way(_BOTH, "classicseg", _cut_of_both, {"second": ("GrabCut",), **_VOTES})
    return [*_ours(["gaussian", "standard"]), ours, *_theirs()]


def _ours(features: Sequence[str]) -> list[Way]:
    return [
        Way("random walker", "classicseg", _walk, {"beta": (10, 30, 100)}),
        Way("random walker on the gradient", "classicseg", _walk_on_gradient, {"sigma": (1, 2)}),
        Way("geodesic", "classicseg", _geodesic, {"edge_weight": (15, 50, 150)}),
        Way("graph cut of strokes", "classicseg", _cut),
        Way(
            "graph cut of classes",
            "classicseg",
            _cut_of_classes,
            {"features": features[:2], "smoothness": (0.3, 1, 3)},
        ),
        Way("GrabCut", "classicseg", _grabcut, {"smoothness": (2, 10, 50)}),
        Way("classes of pixels", "classicseg", _classify, {"features": features}),
        Way("growing, competition", "classicseg", _grow),
        Way("watershed", "classicseg", _flood, {"sigma": (0, 1, 2)}),
    ]


def _theirs(is_lab: Sequence[bool] = (False,)) -> list[Way]:
    return [
        Way("random walker", "scikit-image", _their_walk, {"beta": (130, 1000), "lab": is_lab}),
        Way("watershed", "scikit-image", _their_flood, {"sigma": (0, 1, 2, 3), "lab": is_lab}),
        Way("forest on scikit-image's features", "scikit-learn", _their_forest, {"most": (4, 8, 16)}),
        Way("watershed", "SimpleITK", _flood_of_itk, {"sigma": (0.7, 1, 2)}),
        Way("fast marching", "SimpleITK", _march_of_itk, {"sigma": (0.7, 1.5), "edge_weight": (15, 50)}),
    ]


def _of_opencv() -> list[Way]:
    return [
        Way("GrabCut", "OpenCV", _their_grabcut, {"n_iter": (1, 5)}),
        Way("watershed", "OpenCV", _flood_of_opencv),
    ]


def _walk(scene: Scene, *, beta: float) -> Any:
    """With `beta` by one by the variance, as the default has it."""
    return random_walker_segment(
        scene.image, strokes=scene.strokes, beta=beta / scene.variance, channel_axis=scene.channel_axis
    )


def _walk_on_gradient(scene: Scene, *, sigma: float) -> Any:
    surface = gradient_magnitude(_lab(scene), sigma=sigma, channel_axis=scene.channel_axis)
    return random_walker_segment(surface, strokes=scene.strokes, surface="image", channel_axis=None)


def _walk_on_boundaries(scene: Scene) -> Any:
    return random_walker_segment(_boundaries(scene), strokes=scene.strokes, surface="image")


def _flood_boundaries(scene: Scene) -> Any:
    return watershed_segment(_boundaries(scene), markers=scene.strokes, surface="image")


def _boundaries(scene: Scene) -> NDArray[np.float32]:
    """Without the model that comes with the package: it learned from the images that are scored here."""
    return boundary_probability(scene.image, model=None).strength


def _lab(scene: Scene) -> NDArray[Any]:
    return scene.image if scene.channel_axis is None else rgb_to_lab(scene.image)


def _geodesic(scene: Scene, *, edge_weight: float) -> Any:
    """With `edge_weight` by one by the standard deviation, as the default has it."""
    weight = edge_weight / scene.variance**0.5
    return geodesic_segment(
        scene.image, strokes=scene.strokes, edge_weight=weight, channel_axis=scene.channel_axis
    )


def _cut(scene: Scene) -> Any:
    return graph_cut_segment(scene.image, strokes=scene.strokes, channel_axis=scene.channel_axis)


def _cut_of_classes(scene: Scene, *, features: str, smoothness: float) -> Any:
    """What the forest says of a pixel is what its label costs."""
    return graph_cut_segment(
        scene.image,
        unary=_costs(scene, features),
        strokes=scene.strokes,
        smoothness=smoothness,
        channel_axis=scene.channel_axis,
    )


def _cut_of_both(scene: Scene, *, second: str, features: str, smoothness: float) -> Any:
    """A label costs 1 more where another method has another one."""
    if second == "GrabCut":
        said = _grabcut(scene, smoothness=10)
    else:
        smooth = ndimage.gaussian_filter(scene.image.astype(np.float32), 1)
        said = _chan_vese(scene._replace(image=smooth), smoothing=0)
    costs = _costs(scene, features)
    costs += said[..., np.newaxis] != np.arange(1, costs.shape[-1] + 1)
    return graph_cut_segment(
        scene.image,
        unary=costs,
        strokes=scene.strokes,
        smoothness=smoothness,
        channel_axis=scene.channel_axis,
    )


def _costs(scene: Scene, features: str) -> NDArray[np.float64]:
    """Minus the logarithm of the votes of a forest; labels are 1, 2, …"""
    axis = scene.channel_axis
    known = pixel_classifier_fit(scene.image, strokes=scene.strokes, channel_axis=axis, **_FEATURES[features])
    shares = pixel_classifier_apply(scene.image, known, probabilities=True, channel_axis=axis)
    return -np.log(np.moveaxis(shares, 0, -1).astype(np.float64) + 0.01)


def _classify(scene: Scene, *, features: str) -> Any:
    return classify_segment(
        scene.image, strokes=scene.strokes, channel_axis=scene.channel_axis, **_FEATURES[features]
    )


def _grabcut(scene: Scene, *, smoothness: float) -> Any:
    return grabcut_segment(
        scene.image, strokes=scene.strokes, smoothness=smoothness, channel_axis=scene.channel_axis
    )


def _grow(scene: Scene) -> Any:
    return region_growing_segment(
        scene.image, seeds=scene.strokes, criterion="competition", channel_axis=scene.channel_axis
    )


def _flood(scene: Scene, *, sigma: float) -> Any:
    return watershed_segment(_lab(scene), markers=scene.strokes, sigma=sigma, channel_axis=scene.channel_axis)


def _chan_vese(scene: Scene, *, smoothing: int) -> Any:
    found = chan_vese_segment(scene.image, init=_start(scene), smoothing=smoothing)
    return _named(scene, found == 2)


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
    shares = [side[scene.strokes == label].mean() for label in (1, 2)]
    return np.where(side == (shares[1] >= shares[0]), 2, 1).astype(np.int32)


def _from_0_to_1(scene: Scene, lab: bool) -> NDArray[np.float64]:
    from skimage.color import rgb2lab

    return rgb2lab(scene.image) / 100 if lab else scene.image / 255


def _their_walk(scene: Scene, *, beta: float, lab: bool) -> Any:
    """The mode "cg_j" solves the same equations more slowly."""
    from skimage.segmentation import random_walker

    image = _from_0_to_1(scene, lab)
    return random_walker(image, scene.strokes, beta=beta, mode="cg_mg", channel_axis=scene.channel_axis)


def _their_flood(scene: Scene, *, sigma: float, lab: bool) -> Any:
    from skimage import filters, segmentation

    smooth = filters.gaussian(_from_0_to_1(scene, lab), sigma, channel_axis=scene.channel_axis)
    channels = [smooth] if scene.channel_axis is None else np.moveaxis(smooth, -1, 0)
    gradients = [filters.sobel(channel) for channel in channels]
    joined = np.linalg.norm(gradients, axis=0) if lab else np.max(gradients, axis=0)  # the better one of each
    return segmentation.watershed(joined, scene.strokes)


def _their_forest(scene: Scene, *, most: float) -> Any:
    from skimage.feature import multiscale_basic_features
    from sklearn.ensemble import RandomForestClassifier

    features = multiscale_basic_features(scene.image, sigma_min=1, sigma_max=most, channel_axis=scene.channel_axis)
    is_drawn = scene.strokes > 0
    forest = RandomForestClassifier(100, random_state=0).fit(features[is_drawn], scene.strokes[is_drawn])
    return forest.predict(features.reshape(-1, features.shape[-1])).reshape(scene.strokes.shape)


def _their_grabcut(scene: Scene, *, n_iter: int) -> Any:
    """Each label against all others: it knows two."""
    import cv2

    found = {}
    for label in np.unique(scene.strokes[scene.strokes > 0]).tolist():
        mask = np.full(scene.strokes.shape, cv2.GC_PR_BGD, np.uint8)
        mask[scene.strokes > 0] = cv2.GC_BGD
        mask[scene.strokes == label] = cv2.GC_FGD
        cv2.setRNGSeed(0)
        models = np.zeros((1, 65)), np.zeros((1, 65))
        cv2.grabCut(_rgb(scene), mask, None, *models, n_iter, cv2.GC_INIT_WITH_MASK)
        found[label] = (mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)
    return found


def _flood_of_opencv(scene: Scene) -> Any:
    import cv2

    return cv2.watershed(_rgb(scene), scene.strokes.copy())


def _rgb(scene: Scene) -> NDArray[np.uint8]:
    return scene.image if scene.image.ndim == 3 else np.repeat(scene.image[..., np.newaxis], 3, axis=2)


def _gradient_of_itk(scene: Scene, sigma: float) -> Any:
    import SimpleITK

    channels = [scene.image] if scene.channel_axis is None else np.moveaxis(scene.image, -1, 0)
    found = [
        SimpleITK.GradientMagnitudeRecursiveGaussian(SimpleITK.GetImageFromArray(one.astype(np.float32)), sigma)
        for one in channels
    ]
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
