"""What is on a street
===================

What is on a street: k-means, a forest on superpixels, and a trained network, beside the truth.

::

    python examples/street_scene.py [street_scene.png [CAMVID_FOLDER [network.safetensors]]]

Of a folder of CamVid (train, trainannot, val, valannot) the forest learns from the frames in train, and one of val
is shown; without it, streets are made. A network is one that ``classicseg train-network`` wrote. Needs
classicseg[cli], scikit-learn for the forest, and classicseg[torch] for the network; what is missing is left out,
with a note.
"""

import sys

import numpy as np
from matplotlib.figure import Figure

from classicseg import etps_segment, gradient_magnitude, kmeans_segment, rgb_to_lab
from classicseg.extras.plot import check_figure, save_figure
from classicseg.extras.street_scenes import CAMVID, read_camvid
from classicseg.metrics import iou, match_labels

VOID = len(CAMVID)
COLORS = np.array([*CAMVID.values(), (0, 0, 0)], np.uint8)
N_SHOWN = 16
"""Of val."""


def make_street(seed, shape=(120, 160)):
    """A frame, and its classes: sky, a house, the road with its pavement, a tree and a car; the top row is
    void."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[: shape[0], : shape[1]] / np.array(shape).reshape(2, 1, 1)
    horizon, left, car, tree = rng.uniform([0.45, 0.0, 0.3, 0.7], [0.55, 0.3, 0.6, 0.9])
    truth = np.where(rows > horizon, 3, 0)
    truth[(rows > 0.15) & (rows <= horizon) & (columns > left) & (columns < left + 0.4)] = 1
    truth[(rows > horizon) & (np.abs(columns - 0.5) > 0.15 + 1.2 * (rows - horizon))] = 4
    truth[np.hypot(rows - horizon + 0.15, columns - tree) < 0.14] = 5
    truth[(np.abs(rows - horizon - 0.1) < 0.08) & (np.abs(columns - car) < 0.1)] = 8
    ground = np.array([[150, 180, 220], [150, 110, 90], [0] * 3, [95, 95, 100], [150, 150, 150], [60, 90, 50]])
    colors = np.concatenate([ground, np.zeros((2, 3)), [[120, 30, 40]]])
    light = rng.uniform(0.75, 1.15) + 0.1 * rows[..., np.newaxis]
    image = colors[truth] * light + rng.normal(0, 14, (*shape, 3))
    truth[0] = VOID
    return np.clip(image, 0, 255).astype(np.uint8), truth.astype(np.uint8)


def describe(frame):
    """Superpixels, and for each its colors, its texture and its place."""
    labels = etps_segment(frame, n_segments=frame.shape[0] * frame.shape[1] // 170)
    counts = np.bincount(labels.ravel())[1:]
    lab = rgb_to_lab(frame)
    planes = [*np.moveaxis(lab, -1, 0), *np.square(np.moveaxis(lab, -1, 0)), gradient_magnitude(frame)]
    planes += [axis / n for axis, n in zip(np.indices(labels.shape), labels.shape, strict=True)]
    return labels, np.stack([np.bincount(labels.ravel(), p.ravel())[1:] / counts for p in planes], axis=1)


def learn(frames):
    """A forest of what most pixels of a superpixel are, as a function from a frame to classes."""
    from sklearn.ensemble import ExtraTreesClassifier

    features, classes, weights = [], [], []
    for frame, truth in frames:
        labels, own = describe(frame)
        votes = np.bincount((labels.ravel() - 1) * (VOID + 1) + truth.ravel(), minlength=len(own) * (VOID + 1))
        votes = votes.reshape(len(own), -1)[:, :VOID]
        features.append(own)
        classes.append(votes.argmax(axis=1))
        weights.append(votes.max(axis=1))
    forest = ExtraTreesClassifier(50, min_samples_leaf=3, random_state=0)
    forest.fit(np.concatenate(features), np.concatenate(classes), np.concatenate(weights))

    def classify(frame):
        labels, own = describe(frame)
        return forest.predict(own)[labels - 1]

    return classify


path, *given = sys.argv[1:] or ["street_scene.png"]
check_figure(path)

if given:
    frames = read_camvid(given[0], "train")
    image, truth = read_camvid(given[0], "val")[N_SHOWN]
else:
    frames = [make_street(seed) for seed in range(8)]
    image, truth = make_street(99)

clusters = kmeans_segment(image, n_clusters=6, spatial_weight=0.5)
found = {"k-means, best names": match_labels(truth, clusters, ignore_label=VOID)}
try:
    found["superpixel forest"] = learn(frames)(image)
except ImportError as error:
    print(f"the forest is left out: {error}")
if len(given) > 1:
    from classicseg.extras.networks import NetworkSegmenter
    from classicseg.extras.torch import load_network

    found["network"] = NetworkSegmenter.from_torch(load_network(given[1]))(image) - 1
else:
    print("the network is left out: none is given")

figure = Figure(figsize=(4 * (2 + len(found)), 3.6), dpi=80, layout="tight")
panels = iter(figure.subplots(1, 2 + len(found)))
for title, picture in {"a frame": image, "the truth": COLORS[truth]}.items():
    axes = next(panels)
    axes.imshow(picture)
    axes.set_title(title)
for title, classes in found.items():
    axes = next(panels)
    axes.imshow(COLORS[np.minimum(classes, VOID)])
    axes.set_title(f"{title}: mean IoU {iou(truth, classes, ignore_label=VOID).mean:.2f}")
for axes in figure.axes:
    axes.set_axis_off()

save_figure(figure, path)
print(f"wrote {path}")
