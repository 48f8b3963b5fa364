"""The methods that can be compared: those of the catalogue, and each with a word of its options."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import classicseg
from classicseg import Labels
from classicseg.extras.cli.mistakes import did_you_mean, words_in
from classicseg.extras.cli.report import command_name
from classicseg.extras.signatures import options_of


def chosen_methods(names: Sequence[str] | None) -> Mapping[str, Callable[..., Labels]]:
    """The methods of these names: ``kmeans``, ``threshold:kapur``, or a word of one method only: ``wolf``."""
    catalogue = {command_name(name): segmenter for name, segmenter in classicseg.segmenters().items()}
    if names is None:
        return catalogue
    known = _variants(catalogue) | catalogue
    for name in names:
        if name not in known:
            mend = did_you_mean(name, known) or f"expected {', '.join(catalogue)}, or a word of one"
            raise ValueError(f"--methods has {name}; {mend}")
    return {name: known[name] for name in dict.fromkeys(names)}


def _variants(catalogue: Mapping[str, Callable[..., Labels]]) -> dict[str, Callable[..., Labels]]:
    """Each method with each word of its options."""
    found: dict[str, Callable[..., Labels]] = {}
    alone: dict[str, Callable[..., Labels]] = {}
    count: Counter[str] = Counter()
    for name, segmenter in catalogue.items():
        for option in options_of(segmenter):
            for word in words_in(option.kind) if option.name != "channel_axis" else ():
                found[f"{name}:{word}"] = alone[word] = partial(segmenter, **{option.name: word})
                count[word] += 1
    return found | {word: segmenter for word, segmenter in alone.items() if count[word] == 1}
