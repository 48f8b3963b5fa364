"""Pixels to classes by strokes: a random forest learns what the pixels under them look like, and finds more of
them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from numpy.typing import ArrayLike, NDArray

from classicseg._core.image import Image, as_image, as_spacing
from classicseg._core.numbers import as_count, as_flag, shown
from classicseg._core.seeds import SeedPixels, as_seeds
from classicseg.classifying.applying import labels_of, probabilities_of
from classicseg.classifying.classifier import PixelClassifier, as_classifier, check_image
from classicseg.classifying.learning_from_strokes import Scene, check_labels, learn
from classicseg.clustering.lloyd import as_generator
from classicseg.filters.features.plans import as_plan
from classicseg.types import ChannelAxis, Classes, FeatureNames, Mask, Random, Seeds, Spacing


def classify_segment(
    image: ArrayLike,
    *,
    strokes: Seeds,
    features: FeatureNames = "standard",
    scales: float | Sequence[float] = (1, 2, 4, 8, 16),
    n_trees: int = 100,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
    rng: Random = 0,
) -> Classes:
    """Give each pixel the label of the strokes whose pixels look like it.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C])
        A grey or color image or a volume, of any real dtype. NaN and infinite values take no part.
    strokes : array_like or mapping of int to array_like
        What a person drew: an integer image of the image's spatial shape, 0 where nothing is drawn; or points (n,
        ndim) in index order, numbered 1 … n; or the points of each label, ``{3: [(4, 5)], 7: [(9, 9)]}``. Labels
        keep their numbers.
    features : str or sequence of str, default "standard"
        What to compute, each once, by name: see `pixel_features`. "standard": the first six.
    scales : float or sequence of float, default (1, 2, 4, 8, 16)
        How far each feature looks, in ascending order, in units of `spacing`: the standard deviation of a Gaussian
        or of a box.
    n_trees : int, default 100
        The trees of the forest, at least 1 and at most 10000.
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.
    spacing : float or sequence of float, optional
        The distance between neighboring pixels: one number, or one for each axis. By default 1.
    rng : int, numpy.random.Generator or None, default 0
        The seed or the generator that draws the pixels of each tree. None draws others at each call.

    Returns
    -------
    ndarray of int32, shape (M, N[, …])
        The labels of the strokes, which keep their own pixels; 0 where a pixel takes no part. With strokes of one
        label all pixels have it.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, `mask` is not bool, `strokes` does not hold integers, or a number
        has the wrong type.
    ValueError
        If `image` is empty, its channel axis is unclear, `mask`, `spacing` or `strokes` does not fit its shape, a
        stroke lies outside the image or on a pixel that takes no part, the strokes have more than 255 labels, a
        feature is unknown or named twice, or a number is out of its range.

    See Also
    --------
    pixel_classifier_fit : Learns once, for many images.
    pixel_features : What is learned from.
    watershed_segment : Floods from markers: place decides, not what a pixel looks like.
    region_growing_segment : Grows seeds within a tolerance of values.

    Notes
    -----
    A random forest [1]_ of the features of the drawn pixels, as in ilastik [2]_: its answer is that of
    ``pixel_classifier_apply(image, pixel_classifier_fit(image, strokes=strokes))``, but for the drawn pixels. The
    cost is O(n σ) for n pixels and the sum σ of the scales, and O(n t) for t trees; of the features those of a
    band of rows are in memory at a time.

    References
    ----------
    .. [1] Breiman L. Random forests. Machine Learning 45, 2001.
    .. [2] Berg S. et al. ilastik: interactive machine learning for (bio)image analysis. Nature Methods 16, 2019.

    Examples
    --------
    >>> from classicseg import classify_segment
    >>> classify_segment([[1, 1, 1, 9, 9, 9]], strokes=[[7, 7, 0, 0, 2, 2]], scales=(1, 2))
    array([[7, 7, 7, 2, 2, 2]], dtype=int32)
    """
    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    ndim = len(parsed.shape)
    plan = as_plan(features, scales, ndim, parsed.n_channels)
    spacings, n_trees, generator = as_spacing(spacing, ndim), _as_n_trees(n_trees), as_generator(rng)
    drawn = _strokes_of(strokes, parsed)
    classifier = learn([Scene(parsed, drawn)], plan, spacings, n_trees=n_trees, estimator=None, rng=generator)
    labels = labels_of(classifier, parsed, spacings)
    labels.reshape(-1)[drawn.nodes] = drawn.labels[drawn.numbers - 1]
    return labels


def pixel_classifier_fit(
    images: ArrayLike | Sequence[ArrayLike],
    *,
    strokes: Seeds | Sequence[Seeds],
    features: FeatureNames = "standard",
    scales: float | Sequence[float] = (1, 2, 4, 8, 16),
    n_trees: int = 100,
    estimator: Any = None,
    channel_axis: ChannelAxis = "auto",
    mask: Mask | Sequence[Mask] = None,
    spacing: Spacing = None,
    rng: Random = 0,
) -> PixelClassifier:
    """Learn from strokes what the pixels of each class look like.

    Parameters
    ----------
    images : array_like, shape (M, N[, …][, C]), or list of arrays
        An image or a volume, of any real dtype; or a list of such arrays, of any sizes, with as many axes and
        channels. NaN and infinite values take no part.
    strokes : array_like or mapping of int to array_like, or list of these
        What a person drew, as `classify_segment` takes it; of a list of images, a list of what was drawn on each.
    features : str or sequence of str, default "standard"
        What to compute, each once, by name: see `pixel_features`. "standard": the first six.
    scales : float or sequence of float, default (1, 2, 4, 8, 16)
        How far each feature looks, in ascending order, in units of `spacing`: the standard deviation of a Gaussian
        or of a box.
    n_trees : int, default 100
        The trees of the forest, at least 1 and at most 10000.
    estimator : object, optional
        What learns instead of a forest: an estimator as those of scikit-learn are, with ``fit(X, y)`` and
        ``predict(X)``, and ``predict_proba(X)`` for probabilities. A copy of it is fitted.
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    mask : array_like of bool, shape (M, N[, …]), or list of these, optional
        True where a pixel takes part, by default everywhere; of a list of images, a list of masks or None.
    spacing : float or sequence of float, optional
        The distance between neighboring pixels: one number, or one for each axis. By default 1.
    rng : int, numpy.random.Generator or None, default 0
        The seed or the generator that draws the pixels of each tree. None draws others at each call.

    Returns
    -------
    PixelClassifier
        What was learned, with the ``labels`` of the classes, the ``names`` and ``importances`` of the features,
        and the ``score``: the share of drawn pixels that the trees know which were grown without them.

    Raises
    ------
    TypeError
        If an image does not hold real numbers, a mask is not bool, strokes do not hold integers, `estimator` has
        no ``fit`` or ``predict``, or a number has the wrong type.
    ValueError
        If an image is empty, its channel axis is unclear, the images have not as many axes and channels, there are
        not as many strokes and masks as images, a mask, the spacing or strokes do not fit an image, a stroke lies
        outside or on a pixel that takes no part, the strokes have more than 255 labels, a feature is unknown or
        named twice, or a number is out of its range.

    See Also
    --------
    classify_segment : Strokes to labels in one call.
    pixel_classifier_apply : What was learned, on another image.
    feature_importance : Which features count.
    write_pixel_classifier : Keeps it in a file.

    Notes
    -----
    Each of the trees is grown on as many pixels as were drawn, drawn from them with replacement, until its leaves
    are pure, and asks at each node the best of √f of the f features, by Gini's impurity [1]_. Values are compared
    in at most 256 bins of about equal counts. The same strokes give the same trees in any number of threads, and
    flipped images and strokes, too: the pixels are put in an order that their features decide. Features are
    computed in bands of rows, and for bands with strokes only. Pixels of one stroke are much alike, so the score
    says more than another image will.

    References
    ----------
    .. [1] Breiman L. Random forests. Machine Learning 45, 2001.

    Examples
    --------
    >>> from classicseg import pixel_classifier_apply, pixel_classifier_fit
    >>> image = [[1, 1, 1, 9, 9, 9]]
    >>> classifier = pixel_classifier_fit(image, strokes=[[7, 7, 0, 0, 2, 2]], scales=(1, 2))
    >>> pixel_classifier_apply([[9, 9, 9, 9, 1, 1, 1, 1]], classifier)
    array([[2, 2, 2, 2, 7, 7, 7, 7]], dtype=int32)
    """
    several = _is_list(images)
    members = list(cast("Sequence[ArrayLike]", images)) if several else [images]
    masks = _one_each("mask", mask, len(members), several) if mask is not None else [None] * len(members)
    parsed = [
        as_image(cast("ArrayLike", one), channel_axis=channel_axis, mask=own, name="images")
        for one, own in zip(members, masks, strict=True)
    ]
    _check_alike(parsed)
    ndim = len(parsed[0].shape)
    plan = as_plan(features, scales, ndim, parsed[0].n_channels)
    spacings, n_trees, generator = as_spacing(spacing, ndim), _as_n_trees(n_trees), as_generator(rng)
    if estimator is not None and not all(callable(getattr(estimator, name, None)) for name in ("fit", "predict")):
        raise TypeError(f"estimator is {shown(estimator)}; expected an object with fit(X, y) and predict(X)")
    drawn = _one_each("strokes", strokes, len(members), several)
    scenes = [Scene(one, _strokes_of(own, one)) for one, own in zip(parsed, drawn, strict=True)]
    return learn(scenes, plan, spacings, n_trees=n_trees, estimator=estimator, rng=generator)


def pixel_classifier_apply(
    image: ArrayLike,
    classifier: PixelClassifier,
    *,
    probabilities: bool = False,
    channel_axis: ChannelAxis = "auto",
    mask: Mask = None,
    spacing: Spacing = None,
) -> NDArray[Any]:
    """Find the class of each pixel of an image, as a classifier has learned them.

    Parameters
    ----------
    image : array_like, shape (M, N[, …][, C])
        A grey or color image or a volume, of any real dtype. NaN and infinite values take no part.
    classifier : PixelClassifier
        What `pixel_classifier_fit` or `read_pixel_classifier` returned.
    probabilities : bool, default False
        Return what share of the trees' votes each class has, in the place of labels.
    channel_axis : int, None or "auto", default "auto"
        The axis of the channels. None: there is none, every axis is spatial. "auto": of three or more axes it is
        the last one, which must have a length of 1 to 4.
    mask : array_like of bool, shape (M, N[, …]), optional
        True where a pixel takes part, by default everywhere.
    spacing : float or sequence of float, optional
        The distance between neighboring pixels: one number, or one for each axis. By default that of the images
        that were learned from.

    Returns
    -------
    ndarray
        Labels, int32, (M, N[, …]): those of the strokes, 0 where a pixel takes no part. Or the probabilities,
        float32, (n_classes, M, N[, …]), in the order of ``classifier.labels``.

    Raises
    ------
    TypeError
        If `image` does not hold real numbers, `classifier` is none, `mask` is not bool, or `probabilities` is not
        True or False.
    ValueError
        If `image` is empty, its channel axis is unclear, it has not as many axes and channels as the images that
        were learned from, or `mask` or `spacing` does not fit its shape.

    See Also
    --------
    pixel_classifier_fit : Learns from strokes.
    classify_segment : Strokes to labels in one call.

    Notes
    -----
    Values are in the units of the images that were learned from: an image of 8 bits is not one from 0 to 1. Rows
    are worked on in bands, and of the features those of a band exist for each thread, some 40 MB. For labels a
    pixel is done as soon as no tree that is left can change its class; the labels are those of all trees.

    Examples
    --------
    >>> from classicseg import pixel_classifier_apply, pixel_classifier_fit
    >>> classifier = pixel_classifier_fit([[1, 1, 1, 9, 9, 9]], strokes=[[1, 1, 0, 0, 2, 2]], scales=(1, 2))
    >>> pixel_classifier_apply([[1, 1, 1, 1, 9, 9, 9, 9]], classifier, probabilities=True).argmax(axis=0)
    array([[0, 0, 0, 0, 1, 1, 1, 1]])
    """
    known = as_classifier(classifier)
    as_shares = as_flag("probabilities", probabilities)
    parsed = as_image(image, channel_axis=channel_axis, mask=mask)
    check_image(known, parsed)
    spacings = known.spacing if spacing is None else as_spacing(spacing, len(parsed.shape))
    if as_shares:
        return probabilities_of(known, parsed, spacings)
    return labels_of(known, parsed, spacings)


def _as_n_trees(n_trees: Any) -> int:
    return as_count("n_trees", n_trees, most=10_000)


def _strokes_of(strokes: Any, image: Image) -> SeedPixels:
    """Parse what was drawn on an image; of an image in which nothing takes part nothing can be."""
    found = as_seeds(strokes, image, "strokes")
    check_labels([Scene(image, found)])
    return found


def _is_list(images: Any) -> bool:
    """Whether several images are given: a list or tuple of arrays; nested lists of numbers are one image."""
    is_sequence = isinstance(images, list | tuple) and len(images) > 0
    return is_sequence and all(getattr(one, "ndim", 0) > 0 for one in images)


def _one_each(name: str, given: Any, n: int, several: bool) -> list[Any]:
    """What is given for each image."""
    if not several:
        return [given]
    if not isinstance(given, list | tuple) or len(given) != n:
        raise ValueError(f"{name} are {shown(given)}; expected a list of {n}, one for each of the images")
    return list(given)


def _check_alike(images: list[Image]) -> None:
    """See that all images have as many axes and channels."""
    kinds = [(len(image.shape), image.n_channels) for image in images]
    for i, kind in enumerate(kinds):
        if kind != kinds[0]:
            raise ValueError(
                f"images have {kinds[0][0]} spatial axes and {kinds[0][1]} channels, and number {i} has {kind[0]} "
                f"and {kind[1]}; expected as many of all"
            )
