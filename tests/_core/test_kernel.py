"""The one door to numba: engines, and a cache that never fails the caller.

The cache is tried on copies of the package with two kernels added, one of which calls the other from its own file.
"""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import classicseg

PACKAGE = Path(classicseg.__file__).parent

HELPER = """
from classicseg._core.kernel import kernel

@kernel()
def shift(value):
    return value + 1
"""

PROBE = """
from classicseg._core.kernel import kernel
from classicseg._core.probe_helper import shift

@kernel()
def shifted_sum(values):
    total = values[0] - values[0]
    for value in values:
        total += shift(value)
    return total
"""

CALL = """
import json
import numpy as np
import classicseg
from classicseg.thresholds.classify import _classify
from classicseg._core.probe import shifted_sum

labels = classicseg.threshold_segment([[1.0, 5.0, 9.0]], thresholds=[2, 6]).tolist()
total = int(shifted_sum(np.arange(4)))
stats = [kernel.compiled().stats for kernel in (_classify, shifted_sum)]
print(json.dumps({
    "labels": labels,
    "sum": total,
    "hits": [sum(s.cache_hits.values()) for s in stats],
    "misses": [sum(s.cache_misses.values()) for s in stats],
}))
"""

needs_numba = pytest.mark.skipif(not importlib.util.find_spec("numba"), reason="numba is not installed")


def powerless(command):
    """The command without root's power to write where the mode forbids it."""
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("setpriv"):
        return ["setpriv", "--bounding-set=-all", "--inh-caps=-all", *command]
    return command


def modes_bite(directory):
    """Whether a read-only directory keeps the processes started here from writing into it."""
    directory.mkdir()
    directory.chmod(0o555)
    try:
        write = [sys.executable, "-c", f"open({str(directory / 'file')!r}, 'w')"]
        return subprocess.run(powerless(write), capture_output=True).returncode != 0
    finally:
        directory.chmod(0o755)


def run(code, root=None, home=None, **environment):
    """Run code in a new process; with root, on the copy of the package there. Return what it printed."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("NUMBA_", "CLASSICSEG_", "XDG_", "COV_", "COVERAGE_"))
    }
    kept["PYTHONPATH"] = str(root or PACKAGE.parent)
    kept["PYTHONDONTWRITEBYTECODE"] = "1"
    if home is not None:
        kept["HOME"] = kept["USERPROFILE"] = str(home)
    command = powerless([sys.executable, "-W", "error", "-c", code])
    done = subprocess.run(command, env=kept | environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def call(root, **environment):
    """Call two kernels in a new process, check what they return, and return where their machine code came from."""
    home = root / "home"
    home.mkdir(exist_ok=True)
    answer = json.loads(run(CALL, root, home, **environment))
    assert answer["labels"] == [[1, 2, 3]]
    return answer


def cache_files(root):
    return sorted(root.rglob("*.nbc"))


@pytest.fixture(scope="module")
def warm(tmp_path_factory):
    """A copy of the package after its first calls: both kernels are in its cache."""
    if not importlib.util.find_spec("numba"):
        pytest.skip("numba is not installed")
    root = tmp_path_factory.mktemp("warm")
    shutil.copytree(PACKAGE, root / "classicseg", ignore=shutil.ignore_patterns("__pycache__"))
    core = root / "classicseg" / "_core"
    (core / "probe_helper.py").write_text(HELPER)
    (core / "probe.py").write_text(PROBE)
    answer = call(root)
    assert (answer["sum"], answer["hits"], answer["misses"]) == (10, [0, 0], [1, 1])
    assert len(cache_files(root)) == 2  # the helper's code is in that of its caller
    return root


@pytest.fixture
def copy(warm, tmp_path):
    """A warm copy of a test's own."""
    root = tmp_path / "copy"
    shutil.copytree(warm, root)
    return root


def cold(root):
    for path in cache_files(root):
        path.unlink()
    return root


def test_second_process_loads_what_the_first_compiled(copy):
    answer = call(copy)
    assert (answer["sum"], answer["hits"], answer["misses"]) == (10, [1, 1], [0, 0])


def test_cache_lies_with_the_package(warm):
    assert {path.parent for path in cache_files(warm)} == {warm / "classicseg" / "__pycache__"}


def half(content):
    return content[: len(content) // 2]


def empty(content):
    return b""


def garbage(content):
    return b"garbage" * 100


def one_bit_flipped(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@pytest.mark.parametrize("damage", [half, empty, garbage, one_bit_flipped])
def test_damaged_cache_files_are_compiled_anew_and_mended(copy, damage):
    for path in cache_files(copy):
        path.write_bytes(damage(path.read_bytes()))
    first, second = call(copy), call(copy)
    assert (first["sum"], first["hits"]) == (10, [0, 0])
    assert (second["sum"], second["hits"]) == (10, [1, 1])


def test_directory_in_the_place_of_a_cache_file(copy):
    for path in cache_files(copy):
        path.unlink()
        path.mkdir()
    assert call(copy)["sum"] == 10


def test_edited_helper_in_another_file_is_noticed_and_stale_files_go(copy):
    before = cache_files(copy)
    helper = copy / "classicseg" / "_core" / "probe_helper.py"
    helper.write_text(HELPER.replace("value + 1", "value + 100"))
    answer = call(copy)
    assert (answer["sum"], answer["hits"]) == (406, [0, 0])
    after = cache_files(copy)
    assert len(after) == len(before)
    assert not set(after) & set(before)


def test_source_that_changes_under_a_running_process_does_not_mark_its_old_code_as_new(copy):
    cold(copy)
    helper = copy / "classicseg" / "_core" / "probe_helper.py"
    edited = HELPER.replace("value + 1", "value + 100")
    code = f"""
import numpy as np
from pathlib import Path
from classicseg._core.probe import shifted_sum
Path({str(helper)!r}).write_text({edited!r})
print(shifted_sum(np.arange(4)))
"""
    assert run(code, copy, copy / "home") == "10"
    assert call(copy)["sum"] == 406


def test_edited_extras_compile_nothing_anew(copy):
    extras = Path(classicseg.__file__).parent / "extras"
    assert not [path for path in extras.rglob("*.py") if "_core.kernel" in path.read_text(encoding="utf-8")]
    (copy / "classicseg" / "extras" / "added.py").write_text("NUMBER = 1\n")
    answer = call(copy)
    assert (answer["sum"], answer["hits"], answer["misses"]) == (10, [1, 1], [0, 0])


def test_read_only_package_without_a_writable_home(copy, tmp_path):
    if not modes_bite(tmp_path / "trial"):
        pytest.skip("a read-only directory cannot be made here")
    cold(copy)
    home = copy / "home"
    directories = [path for path in copy.rglob("*") if path.is_dir()]
    for path in [*directories, copy]:
        path.chmod(0o555)
    try:
        answer = json.loads(run(CALL, copy, home))
    finally:
        for path in [copy, *directories]:
            path.chmod(0o755)
    assert (answer["labels"], answer["sum"], answer["misses"]) == ([[1, 2, 3]], 10, [1, 1])
    assert not cache_files(copy)


@needs_numba
def test_read_only_package_with_a_home_caches_there(copy, tmp_path):
    if not modes_bite(tmp_path / "trial"):
        pytest.skip("a read-only directory cannot be made here")
    cold(copy)
    cache = copy / "classicseg" / "__pycache__"
    cache.chmod(0o555)
    try:
        first, second = call(copy), call(copy)
    finally:
        cache.chmod(0o755)
    assert (first["sum"], first["hits"], second["sum"], second["hits"]) == (10, [0, 0], 10, [1, 1])
    assert {path.parent for path in cache_files(copy)} == {copy / "home" / ".cache" / "classicseg"}


def test_home_cache_that_others_may_write_is_not_read(copy, tmp_path):
    if not modes_bite(tmp_path / "trial"):
        pytest.skip("a read-only directory cannot be made here")
    shared = copy / "home" / ".cache" / "classicseg"
    shared.mkdir(parents=True, exist_ok=True)
    for path in cache_files(copy):
        path.rename(shared / path.name)
    shared.chmod(0o777)
    cache = copy / "classicseg" / "__pycache__"
    cache.chmod(0o555)
    try:
        answer = call(copy)
    finally:
        cache.chmod(0o755)
    assert (answer["sum"], answer["hits"]) == (10, [0, 0])


def test_cache_directory_that_turns_read_only_after_the_first_save(copy, tmp_path):
    if not modes_bite(tmp_path / "trial"):
        pytest.skip("a read-only directory cannot be made here")
    cold(copy)
    cache, home = copy / "classicseg" / "__pycache__", copy / "home"
    (home / ".cache" / "classicseg").chmod(0o555)
    code = f"""
import os
import numpy as np
from classicseg._core.probe import shifted_sum
first = shifted_sum(np.arange(4))
os.chmod({str(cache)!r}, 0o555)
print(first, shifted_sum(np.arange(4.0)))
"""
    try:
        assert run(code, copy, home) == "10 10.0"
        assert len(cache_files(copy)) == 1
    finally:
        cache.chmod(0o755)
        (home / ".cache" / "classicseg").chmod(0o755)


def test_no_home_at_all(copy):
    code = CALL.replace("import json", "import json, os, pathlib\nos.environ.pop('HOME', None)", 1).replace(
        "import numpy", "pathlib.Path.home = classmethod(lambda cls: 1 / 0)\nimport numpy", 1
    )
    assert json.loads(run(code, cold(copy)))["sum"] == 10


def test_numba_cache_dir_is_obeyed(copy, tmp_path):
    cold(copy)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert call(copy, NUMBA_CACHE_DIR=str(elsewhere))["sum"] == 10
    assert len(cache_files(elsewhere)) == 2
    assert not cache_files(copy)


def test_numba_cache_dir_that_cannot_be_made(copy, tmp_path):
    (tmp_path / "file").write_text("")
    assert call(copy, NUMBA_CACHE_DIR=str(tmp_path / "file" / "below"))["sum"] == 10


@needs_numba
@pytest.mark.parametrize("mode", [0o777, 0o775, 0o1777])
def test_numba_cache_dir_that_others_may_write_is_not_used(copy, tmp_path, mode):
    shared = tmp_path / "shared"
    shared.mkdir()
    for path in cache_files(copy):
        path.rename(shared / path.name)
    before = {path: path.stat().st_mtime_ns for path in cache_files(shared)}
    shared.chmod(mode)
    answer = call(copy, NUMBA_CACHE_DIR=str(shared))
    assert (answer["sum"], answer["hits"]) == (10, [0, 0])
    assert {path: path.stat().st_mtime_ns for path in cache_files(shared)} == before
    assert cache_files(copy), "the other places are"


WHERE = "from classicseg._core.kernel import _cache_directories; print(*_cache_directories())"


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="needs POSIX")
def test_numba_cache_dir_in_a_directory_that_others_may_write_is_not_used(tmp_path):
    for mode, is_used in [(0o755, True), (0o1777, True), (0o777, False), (0o775, False)]:
        around = tmp_path / oct(mode)
        around.mkdir()
        around.chmod(mode)
        (around / "below").mkdir(mode=0o755)
        (tmp_path / f"link{mode}").symlink_to(around / "below")
        for said in (around / "below", around / "below" / "new", tmp_path / f"link{mode}"):
            assert (run(WHERE, NUMBA_CACHE_DIR=str(said)) == str(said)) == is_used


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="needs root")
def test_numba_cache_dir_of_another_user_is_not_used(tmp_path):
    for owner, is_used in [(0, True), (12345, False)]:
        said = tmp_path / str(owner)
        said.mkdir()
        os.chown(said, owner, -1)
        assert (run(WHERE, NUMBA_CACHE_DIR=str(said)) == str(said)) == is_used


def test_first_call_from_many_threads_at_once(copy):
    code = """
import threading
import numpy as np
from classicseg._core.probe import shifted_sum
start, sums = threading.Barrier(8), []
def work(dtype):
    start.wait()
    sums.append(float(shifted_sum(np.arange(4).astype(dtype))))
threads = [threading.Thread(target=work, args=(dtype,)) for dtype in ["i8", "f8", "f4", "i4"] * 2]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(sums)
"""
    assert run(code, cold(copy), copy / "home") == str([10.0] * 8)


ENGINE = """
import sys
import numpy as np
import classicseg
from classicseg._core.kernel import engine
image = np.arange(48).reshape(6, 8) * 7 % 256
print(engine(), "numba" in sys.modules)
print(classicseg.threshold_segment(image, n_classes=3).tolist())
print(classicseg.kmeans_segment(np.dstack([image, image[::-1], image]), n_clusters=3).tolist())
print(classicseg.region_growing_segment(image, tolerance=30).tolist())
print(classicseg.region_growing_segment(image, tolerance=30, seeds=[(0, 0), (5, 7)]).tolist())
print(classicseg.gradient_segment(image, threshold=20).tolist())
print(classicseg.connected_regions(image % 3).tolist())
"""


def test_numpy_engine_runs_the_definitions_and_leaves_numba_alone():
    said, *labels = run(ENGINE, CLASSICSEG_ENGINE="numpy").splitlines()
    assert said == "numpy False"
    assert len(labels) == 6
    _, *compiled = run(ENGINE).splitlines()
    assert labels == compiled


def test_without_numba_the_definitions_run():
    said, *labels = run("import sys; sys.modules['numba'] = None\n" + ENGINE).splitlines()
    assert said.startswith("numpy")
    assert labels == run(ENGINE, CLASSICSEG_ENGINE="numpy").splitlines()[1:]


@needs_numba
def test_numba_engine_is_the_default():
    assert run("from classicseg._core.kernel import engine; print(engine())") == "numba"
    assert run("from classicseg._core.kernel import engine; print(engine())", CLASSICSEG_ENGINE="") == "numba"
    assert run("from classicseg._core.kernel import engine; print(engine())", CLASSICSEG_ENGINE="numba") == "numba"


@needs_numba
def test_disabled_jit_runs_the_loops():
    code = "import classicseg; print(classicseg.connected_regions([[1, 1, 2], [2, 1, 2]]).tolist())"
    assert run(code, NUMBA_DISABLE_JIT="1") == "[[1, 1, 2], [3, 1, 2]]"


def test_unknown_engine_is_a_clear_error():
    code = """
import classicseg
try:
    classicseg.threshold_segment([[1, 2]], thresholds=2)
except ValueError as error:
    print(error)
"""
    expected = "CLASSICSEG_ENGINE is 'fortran'; expected 'numba' or 'numpy'"
    assert run(code, CLASSICSEG_ENGINE="fortran") == expected


def test_a_kernel_is_its_function_to_the_reader():
    from classicseg._core.kernel import kernel

    @kernel()
    def doubled(value):
        """Twice the value."""
        return 2 * value

    assert (doubled.__name__, doubled.__doc__) == ("doubled", "Twice the value.")
    assert doubled.loops(3) == 6
    assert doubled.numpy is None


def test_keyword_arguments_of_a_kernel_are_not_dropped():
    code = """
from classicseg._core.kernel import kernel
@kernel()
def power(base, exponent=1):
    return base ** exponent
print(power(3, exponent=2), power(3, exponent=2))
"""
    assert run(code, CLASSICSEG_ENGINE="numpy") == "9 9"
    if importlib.util.find_spec("numba"):
        assert run(code) == "9 9"


def test_an_interrupt_while_an_array_is_returned_is_an_interrupt():
    from classicseg._core.kernel import kernel

    @kernel()
    def interrupted():
        return 0

    def fail(cause):
        raise SystemError("returned a result with an exception set") from cause

    interrupted._compiled = lambda: fail(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    interrupted._compiled = lambda: fail(ValueError())
    with pytest.raises(SystemError):
        interrupted()
