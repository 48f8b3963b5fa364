"""The catalogue is the stub's, and a new segmenter is a file and a line in it."""

from __future__ import annotations

import ast
import importlib
import os
import re
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import get_type_hints

import numpy as np
import pytest
from newcomers.grid import grid_segment
from newcomers.nearest_seed import nearest_seed_segment
from numpy.testing import assert_array_equal

import classicseg
from classicseg.types import kind_of

PACKAGE, TESTS = Path(classicseg.__file__).parent, Path(__file__).parent
STUB = ast.parse((PACKAGE / "__init__.pyi").read_text(encoding="utf-8")).body
LINES = [node for node in STUB if isinstance(node, ast.ImportFrom)]
KINDS = ("classes", "regions", "superpixels", "seeded")


def test_the_catalogue_is_the_stub():
    defined = {node.name: None for node in STUB if isinstance(node, ast.FunctionDef)}
    assert classicseg.__all__ == [node.names[0].name for node in LINES] + list(defined)
    assert set(classicseg.__all__) <= set(dir(classicseg))
    public = {name for name in dir(classicseg) if not name.startswith("_")}
    submodules = {path.stem for path in PACKAGE.iterdir()} - {"metrics", "preprocess"}
    assert public - submodules == set(classicseg.__all__)


@pytest.mark.parametrize("node", LINES, ids=[node.names[0].name for node in LINES])
def test_the_stub_has_one_line_a_name_and_its_module_defines_it(node):
    """``from x import a as a`` is how a stub says that a name is public."""
    assert node.level == 1
    assert [alias.asname for alias in node.names] == [node.names[0].name]
    module = importlib.import_module(f"classicseg.{node.module}" if node.module else "classicseg")
    assert hasattr(module, node.names[0].name)


def test_segmenters_are_the_names_that_say_so():
    members = {name: getattr(classicseg, name) for name in classicseg.__all__ if name.endswith("_segment")}
    by_kind = {kind: classicseg.segmenters(kind) for kind in KINDS}
    assert {name: kind for kind in KINDS for name in by_kind[kind]} == {n: kind_of(s) for n, s in members.items()}
    alone = {name: segment for name, segment in members.items() if name not in by_kind["seeded"]}
    assert list(classicseg.segmenters().items()) == list(alone.items())
    assert "kmeans_segment" in by_kind["classes"]
    assert "watershed_segment" in by_kind["regions"]


def test_kinds():
    assert (kind_of(grid_segment), kind_of(nearest_seed_segment)) == ("superpixels", "seeded")
    assert kind_of(partial(nearest_seed_segment, seeds=[[0, 0]])) == "regions"
    assert kind_of(partial(classicseg.kmeans_segment, n_clusters=3)) == "classes"
    assert get_type_hints(grid_segment)["return"] == classicseg.Labels
    assert get_type_hints(grid_segment, include_extras=True)["return"] == classicseg.Superpixels
    with pytest.raises(TypeError, match="connected_labels declares no kind of labels; expected -> Classes"):
        kind_of(connected_labels)
    for wrong in ("class", "Classes", 3, classicseg.Classes, ["classes"]):
        with pytest.raises(ValueError, match=r"kind is .*; expected None or one of 'classes', 'regions', 'superp"):
            classicseg.segmenters(wrong)


def connected_labels(image, *, mask=None) -> classicseg.Labels:
    return classicseg.connected_regions(image)


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package with the newcomers: two files, and two lines in the stub. Of the others one, to save time."""
    folder = tmp_path_factory.mktemp("grown")
    package = folder / "classicseg"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    stub = (package / "__init__.pyi").read_text(encoding="utf-8")
    stub = re.sub(r"^.* (?!threshold_)\w+_segment as .*\n", "", stub, flags=re.MULTILINE)
    for module in ("grid", "nearest_seed"):
        shutil.copy(TESTS / "newcomers" / f"{module}.py", package / "segmentation")
        stub = f"from .segmentation.{module} import {module}_segment as {module}_segment\n{stub}"
    (package / "__init__.pyi").write_text(stub, encoding="utf-8")
    return folder


def run(grown: Path, *arguments: str) -> str:
    """Run Python with that package, and return what it prints."""
    flat = {"CLASSICSEG_ENGINE": "numpy", "COV_CORE_SOURCE": "", "COVERAGE_PROCESS_START": ""}
    env = os.environ | flat | {"PYTHONPATH": str(grown), "HYPOTHESIS_PROFILE": "quick", "MPLBACKEND": "agg"}
    done = subprocess.run([sys.executable, *arguments], env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_newcomer_is_in_the_catalogue(grown):
    ask = "from classicseg import segmenters as s; print(*map(','.join, [s(), s('superpixels'), s('seeded')]))"
    assert run(grown, "-c", ask).split() == [
        "grid_segment,threshold_segment",
        "grid_segment",
        "nearest_seed_segment",
    ]


def test_a_newcomer_is_held_to_the_laws(grown):
    options = ("-n", "0", "-q", "-p", "no:cacheprovider", "--rootdir", str(TESTS.parent))
    files = [str(TESTS / f"test_{name}.py") for name in ("contract", "arguments")]
    said = run(grown, "-m", "pytest", *options, *files, "-k", "grid or nearest_seed")
    assert int(re.search(r"(\d+) passed", said)[1]) > 30


def test_a_newcomer_has_its_command(grown, tmp_path, monkeypatch):
    pytest.importorskip("cyclopts")
    from classicseg.extras.files import read_markers

    monkeypatch.chdir(tmp_path)
    image = np.add.outer(np.arange(40) % 20, np.arange(60)).astype(np.uint8) * 3
    np.save("grey.npy", image)
    code = """
from classicseg.extras.cli import main
assert main(["grid", "grey.npy", "--n-segments", "6"]) == 0
assert main(["nearest-seed", "grey.npy", "--seeds", "3,4", "--seeds", "30,50"]) == 0
assert main(["nearest-seed", "grey.npy"]) == 2  # without seeds
main(["methods"])
"""
    listed = [line.split()[:2] for line in run(grown, "-c", code).splitlines()[-3:]]
    assert listed == [["grid", "superpixels"], ["threshold", "classes"], ["nearest-seed", "seeded"]]
    cells, nearest = (read_markers(f"segmented/grey_{method}_labels.png") for method in ("grid", "nearest-seed"))
    assert_array_equal(cells, grid_segment(image, n_segments=6))
    assert_array_equal(nearest, nearest_seed_segment(image, seeds=[(3, 4), (30, 50)]))


def test_a_newcomer_is_shown_if_an_image_is_enough(grown, tmp_path, monkeypatch):
    pytest.importorskip("cyclopts")
    pytest.importorskip("skimage")
    monkeypatch.chdir(tmp_path)
    np.save("grey.npy", np.add.outer(np.arange(40) % 20, np.arange(60)))
    code = """
from skimage import data
for name in ("coins", "camera", "astronaut", "coffee"):
    setattr(data, name, lambda whole=getattr(data, name): whole()[100:160, 100:180])
from classicseg.extras.cli import main
assert main(["demo"]) == 0
print("---")
assert main(["compare", "grey.npy"]) == 0
"""
    compared = run(grown, "-c", code).partition("---")[2]
    assert "grid" in compared
    assert "nearest" not in compared
    overlays = {path.name for path in Path("segmented").glob("coins_*_overlay.png")}
    assert overlays == {"coins_grid_overlay.png", "coins_threshold_overlay.png"}
