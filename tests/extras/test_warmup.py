"""What is compiled ahead is not compiled again; what is ready is known by its files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import classicseg
from classicseg.extras import warmup
from classicseg.extras.catalogue import segmenter_names
from classicseg.extras.warmup import _image, _seeds, warm_up
from classicseg.types import kind_of

WARM = """
import json, sys
from classicseg.extras.warmup import warm_up
if __name__ == "__main__":
    done = warm_up(["threshold_segment"], sys.argv[1:])
    print(json.dumps([done.n_kernels, done.n_compiled, done.seconds, done.n_bytes]))
    print(json.dumps(sorted({"numba", "scipy"} & set(sys.modules))))
"""

FIRST_CALL = """
import json
import numpy as np
import classicseg
from classicseg._core.kernel import uses
pixels = np.random.default_rng(1).integers(0, 256, (300, 400, 3)).astype(np.uint8)
for image in (pixels, pixels[..., 0], np.float32(pixels) / 7, np.float32(pixels[..., 1]) - 9, pixels[:9, :9]):
    classicseg.threshold_segment(image)
print(json.dumps([use.is_compiled for use in uses.values()]))
"""


def run(code: str, cache: Path, *arguments: str) -> list[object]:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=os.environ | {"NUMBA_CACHE_DIR": str(cache)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.jit
def test_first_calls_after_a_warm_up_compile_nothing(tmp_path: Path) -> None:
    (ready, compiled, _, size), _ = run(WARM, tmp_path, "uint8", "float32")
    assert ready == compiled > 0
    assert size == sum(path.stat().st_size for path in tmp_path.glob("*.nbc"))
    (used,) = run(FIRST_CALL, tmp_path)
    assert used
    assert not any(used)

    (again, compiled, seconds, _), loaded = run(WARM, tmp_path, "uint8", "float32")
    assert (again, compiled, loaded) == (ready, 0, [])
    assert seconds < 1

    (more, compiled, _, _), _ = run(WARM, tmp_path, "float64")
    assert more == ready + compiled > ready

    next(tmp_path.glob("classicseg.thresholds.classify._classify-*.nbc")).unlink()
    (_, compiled, _, _), _ = run(WARM, tmp_path, "uint8", "float32", "float64")
    assert compiled == 1


SEEDED = [name for name in segmenter_names() if kind_of(getattr(classicseg, name)) == "seeded"]


@pytest.mark.parametrize("name", SEEDED)
def test_methods_are_given_the_strokes_that_they_need(name: str) -> None:
    segmenter = getattr(classicseg, name)
    image = _image((48, 64), "uint8", is_color=True)
    assert segmenter(image, **_seeds(segmenter, image.shape[:2])).shape == (48, 64)


@pytest.mark.large
@pytest.mark.parametrize("dtype", ["uint8", "int64"])
def test_lines_of_photographs_are_drawn_where_contours_are_asked_for(
    monkeypatch: pytest.MonkeyPatch, dtype: str
) -> None:
    drawn: list[int] = []
    monkeypatch.setattr(warmup, "_SHAPES", ((50, 60), (41, 42)))
    monkeypatch.setattr(classicseg, "thin_boundaries", lambda found, **_: drawn.append(found.strength.size))
    warmup._compile(warmup._Job("contour_segment", dtype, is_color=True))
    assert drawn == ([50 * 60] if dtype == "uint8" else [])


@pytest.mark.parametrize(
    ("names", "dtypes", "words"),
    [
        (["kmean_segment"], ["uint8"], "no method 'kmean_segment'; expected some of"),
        (["kmeans_segment"], ["uint7"], "no image of dtype 'uint7'; expected dtypes such as uint8"),
        (["kmeans_segment"], ["complex64"], "no image of dtype 'complex64'"),
    ],
)
def test_what_there_is_not_is_named(names: list[str], dtypes: list[str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        warm_up(names, dtypes)


def test_where_nothing_is_compiled_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    with pytest.raises(ValueError, match="nothing is compiled here; install numba"):
        warm_up(["kmeans_segment"])


def test_the_command_takes_lists_by_commas_and_by_spaces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("cyclopts")
    from classicseg.extras import warmup
    from classicseg.extras.cli import main
    from classicseg.extras.cli import warmup as command

    asked = []

    def fake(names: list[str] | None, dtypes: list[str]) -> warmup.Warmup:
        asked.append((names, list(dtypes)))
        return warmup.Warmup(3, len(asked) - 1, 0.25, 1_500_000, tmp_path)

    monkeypatch.setattr(command, "warm_up", fake)
    assert main(["warmup"]) == 0
    assert main(["warmup", "--methods", "kmeans,threshold", "--dtypes", "uint8", "uint16"]) == 0
    assert asked == [
        (None, ["uint8", "float32"]),
        (["kmeans_segment", "threshold_segment"], ["uint8", "uint16"]),
    ]
    assert capsys.readouterr().out.splitlines() == [
        f"3 kernels are ready, nothing left to compile, in 0.2 s; 1.5 MB in {tmp_path}",
        f"3 kernels are ready, 1 compiled now, in 0.2 s; 1.5 MB in {tmp_path}",
    ]
    assert main(["warmup", "--methods", "kmean"]) == 2
    assert "--methods has kmean; did you mean kmeans?" in capsys.readouterr().err
