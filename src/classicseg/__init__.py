"""Classical image segmentation: arrays in, labels out.

Words that the docstrings share (a pixel that *takes part*, a *class* and a *region*, a *tie*, a *run*, a *halo*)
are explained in docs/glossary.md.

``__init__.pyi`` beside this file is the catalogue of public names, one line each. It is read here, and a
name's module (with numba, where that module has kernels) is imported when the name is first used.
"""

import ast as _ast
import importlib as _importlib
import os as _os

__version__ = "0.1.0"


def _catalogue() -> dict[str, str]:
    """Map each public name to its module, as ``__init__.pyi`` has it; a public module to itself."""
    path = _os.path.join(_os.path.dirname(__file__), "__init__.pyi")  # noqa: PTH118, PTH120 (pathlib: 4 ms)
    with open(path, encoding="utf-8") as stub:  # noqa: PTH123
        body = _ast.parse(stub.read()).body
    return {
        alias.name: f"{__name__}.{node.module or alias.name}"
        for node in body
        if isinstance(node, _ast.ImportFrom) and node.level == 1
        for alias in node.names
    }


_MODULES = _catalogue()
__all__ = [*_MODULES, "segmenters"]


def segmenters(kind=None):  # type: ignore[no-untyped-def]  # typed in __init__.pyi
    """Return the segmenters of the catalogue by name: all that need an image alone, or those of one kind.

    Parameters
    ----------
    kind : {"classes", "regions", "superpixels", "seeded"}, optional
        ``"classes"``: values decide, and a class need not be connected (thresholds, k-means). ``"regions"``:
        connected segments (growing, watershed, boundaries). ``"superpixels"``: connected segments of about equal
        size, as many as asked for. ``"seeded"``: a person marks some pixels of each segment, in an option
        without a default (`seeds`, `markers` or `strokes`). By default all but the seeded ones.

    Returns
    -------
    dict of str to Segmenter
        The public functions whose names end in ``_segment``, in the order of the catalogue. Each takes an
        image and returns its labels; a seeded one takes its seeds as well.

    Raises
    ------
    ValueError
        If the kind is none of these.

    See Also
    --------
    set_workers : The number of threads that they use.

    Notes
    -----
    A segmenter declares its kind in its return annotation: `Classes`, `Regions` or `Superpixels`. Loads the module
    of every segmenter.

    Examples
    --------
    >>> import classicseg
    >>> "kmeans_segment" in classicseg.segmenters()
    True
    >>> "watershed_segment" in classicseg.segmenters("classes")
    False
    """
    from typing import get_args

    from classicseg._core.numbers import as_choice
    from classicseg.types import Kind, kind_of

    kinds = get_args(Kind)
    wanted = set(kinds) - {"seeded"} if kind is None else {as_choice("kind", kind, kinds, "None or ")}
    members = {name: __getattr__(name) for name in _MODULES if name.endswith("_segment")}
    return {name: member for name, member in members.items() if kind_of(member) in wanted}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = _importlib.import_module(_MODULES[name])
    value = globals()[name] = vars(module).get(name, module)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
