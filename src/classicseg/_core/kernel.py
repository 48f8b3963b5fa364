"""The one door to numba: a kernel is a definition in NumPy and the loop that makes it fast.

``@kernel(numpy=definition)`` compiles the loop at its first call. Where numba is not installed, or the
environment says ``CLASSICSEG_ENGINE=numpy``, the definition runs in its place, and a kernel without one runs
as the plain Python that it is.

numba's own disk cache fails the caller where a directory cannot be written or a file is cut short, and does
not notice an edited helper in another file. So compiled kernels are kept here, one file each, under a name
that covers all the machine code depends on; a file that cannot be read or written is passed over.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.util
import marshal
import numbers
import os
import pickle
import stat
import sys
import tempfile
import threading
import types
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Generic, NamedTuple, ParamSpec, TypeVar

from classicseg._core.announcements import announced, compiling
from classicseg._core.helpers import helper_compiler, without_collection
from classicseg._core.interrupts import Postponed, end_if_left, run_errand

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

_PACKAGE = Path(__file__).resolve().parents[1]

_OPTIONS = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}
"""Divisions are not tested for zero: a loop that may raise is not vectorized, and dividing a row takes 5 times as
long. C calls no kernel."""

_lock = threading.RLock()


def kernel(
    *, numpy: Callable[..., Any] | None = None
) -> Callable[[Callable[Parameters, Result]], Kernel[Parameters, Result]]:
    """Make a kernel of a function of contiguous arrays and scalars.

    Parameters
    ----------
    numpy : callable, optional
        The definition: the same signature, the same result.
    """
    return lambda loops: Kernel(loops, numpy)


class Kernel(Generic[Parameters, Result]):
    """A loop that is compiled at its first call, and its definition."""

    def __init__(self, loops: Callable[Parameters, Result], numpy: Callable[..., Any] | None) -> None:
        functools.update_wrapper(self, loops)
        self.loops: Any = loops
        self.numpy = numpy
        self._compiled: Any = None
        self._helper: Any = None

    def __call__(self, *args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        if self._compiled is None and engine() == "numpy":
            return (self.loops if self.numpy is None else self.numpy)(*args, **kwargs)
        compiled = self._compiled or self.compiled()
        if isinstance(compiled, types.FunctionType) and compiled.__code__ is self.loops.__code__:
            return compiled(*args, **kwargs)  # NUMBA_DISABLE_JIT: Ctrl-C finds its way through plain loops
        try:
            with Postponed():
                return compiled(*args, **kwargs)
        except SystemError as error:  # from another signal while numba wraps an array that it returns
            hidden: BaseException | None = error
            while isinstance(hidden, SystemError):
                hidden = hidden.__cause__
            if hidden is None or isinstance(hidden, Exception):
                raise
            raise hidden from None

    def compiled(self) -> Any:
        """The loop as numba's dispatcher."""
        if self._compiled is None:
            run_errand(self._compile)
        return self._compiled

    def _compile(self) -> None:
        with _lock:
            if self._compiled is None:
                self._compiled = _compile(self.loops)

    def helper(self) -> Any:
        """The loop as numba's dispatcher for other kernels (`helpers`), within the compilation of one."""
        if self._helper is None:
            self._helper = _dispatcher(self.loops, pipeline_class=helper_compiler())
        return self._helper


@functools.cache
def engine() -> str:
    """Return what runs the kernels: ``"numba"`` or ``"numpy"``."""
    said = os.environ.get("CLASSICSEG_ENGINE", "")
    if said not in ("", "numba", "numpy"):
        raise ValueError(f"CLASSICSEG_ENGINE is {said!r}; expected 'numba' or 'numpy'")
    return said or ("numba" if importlib.util.find_spec("numba") else "numpy")


@functools.cache
def _import_numba() -> Any:
    """Import numba, and let it look between two passes whether anyone still waits for what it compiles."""
    import numba
    from numba.core import event

    class EndIfLeft(event.Listener):  # type: ignore[misc]
        def on_start(self, _: Any) -> None:
            end_if_left()

        def on_end(self, _: Any) -> None:
            pass

    event.register("numba:run_pass", EndIfLeft())
    return numba


def _compile(loops: Any) -> Any:
    dispatcher = _dispatcher(loops)
    if not isinstance(dispatcher, types.FunctionType):  # NUMBA_DISABLE_JIT
        dispatcher._cache = _Cache(f"{loops.__module__}.{loops.__qualname__}", _code_stamp(loops))
        compile_for = announced()(without_collection()(dispatcher._compile_for_args))
        dispatcher._compile_for_args = lambda *args, **kwargs: run_errand(partial(compile_for, *args, **kwargs))
    return dispatcher


def _dispatcher(loops: Any, **options: Any) -> Any:
    """What numba makes of loops, which compiles at its first call."""
    # numba knows no Kernel: in the function's globals each one that it calls is replaced by its dispatcher.
    called = {name: loops.__globals__.get(name) for name in loops.__code__.co_names}
    bound = {name: value.helper() for name, value in called.items() if isinstance(value, Kernel)}
    function = types.FunctionType(
        loops.__code__, {**loops.__globals__, **bound}, loops.__name__, loops.__defaults__, loops.__closure__
    )
    return _import_numba().njit(**_OPTIONS, **options)(function)


def _code_stamp(loops: Any) -> str:
    """A digest of what is compiled, as it was loaded: the file may have changed since, under a running process."""
    code = loops.__code__.replace(co_filename="")  # a package that moves keeps its cache
    digest = hashlib.blake2b(marshal.dumps(code, 2), digest_size=8)  # 2: the same in every process
    digest.update(repr(_OPTIONS).encode())
    for name in loops.__code__.co_names:
        value = loops.__globals__.get(name)
        if isinstance(value, Kernel):
            digest.update(_code_stamp(value.loops).encode())
        elif isinstance(value, numbers.Number):  # NumPy's too
            digest.update(repr(value).encode())
    return digest.hexdigest()


class Use(NamedTuple):
    """What a process did with a kernel of one signature."""

    path: Path | None
    """The file in the cache; None where it could not be kept."""
    is_compiled: bool
    """Whether it was compiled here, or read."""


uses: dict[str, Use] = {}
"""What this process has compiled, or read from the cache, by the file's name."""


class _Cache:
    """Compiled kernels on disk, in the place of numba's cache (its interface: `numba.core.caching._Cache`)."""

    def __init__(self, name: str, stamp: str) -> None:
        self.name = name
        self.stamp = stamp

    @property
    def cache_path(self) -> str:
        return str(next(iter(_cache_directories()), ""))

    def flush(self) -> None:
        """numba calls this when the user asks for a fresh compilation: nothing here can be stale."""

    def load_overload(self, signature: Any, target_context: Any) -> Any:
        from numba.core.compiler import CompileResult

        target_context.refresh()
        name = self._file_name(signature, target_context.codegen())
        for directory in _cache_directories():
            with contextlib.suppress(Exception):  # whatever is wrong with the file, the kernel is compiled anew
                content = _read(directory / name)
                digest, data = content[:32], content[32:]
                if hashlib.blake2b(data, digest_size=32).digest() == digest:
                    result = CompileResult._rebuild(target_context, *pickle.loads(data))
                    uses[name] = Use(directory / name, is_compiled=False)
                    return result
        uses[name] = Use(None, is_compiled=True)
        compiling(self.name, cache_directory)
        return None

    def save_overload(self, signature: Any, result: Any) -> None:
        from numba.core.serialize import dumps

        if result.lifted or result.library.has_dynamic_globals:
            return
        name = self._file_name(signature, result.codegen)
        for directory in _cache_directories():
            with contextlib.suppress(Exception):
                data = dumps(result._reduce())
                write_whole(directory, name, hashlib.blake2b(data, digest_size=32).digest() + data)
                uses[name] = Use(directory / name, is_compiled=True)
                remove_stale(directory, f"{self.name}-*.nbc")
                return

    def _file_name(self, signature: Any, codegen: Any) -> str:
        import numba

        depends = (self.stamp, signature, codegen.magic_tuple(), numba.__version__, sys.implementation.cache_tag)
        key = hashlib.blake2b(repr(depends).encode(), digest_size=16).hexdigest()
        return f"{self.name}-{source_stamp()}-{key}.nbc"


def remove_stale(directory: Path, pattern: str) -> None:
    """Remove the files in the package's own cache whose names have another stamp than this source."""
    if directory.parent == _PACKAGE:  # other places may serve several versions of the package
        for path in directory.glob(pattern):
            if f"-{source_stamp()}-" not in path.name:
                path.unlink()


def machine_stamp() -> str:
    """A digest of what else machine code depends on, without importing numba: versions, settings, processor."""
    from importlib.metadata import version

    from llvmlite import binding

    settings = sorted(item for item in os.environ.items() if item[0].startswith("NUMBA_"))
    processor = binding.get_host_cpu_name(), sorted(binding.get_host_cpu_features().items())
    depends = (version("numba"), sys.implementation.cache_tag, settings, processor)
    return hashlib.blake2b(repr(depends).encode(), digest_size=8).hexdigest()


@functools.cache
def source_stamp() -> str:
    """A digest of all source files but extras, where no kernels are: a kernel holds the code of its helpers."""
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(_PACKAGE.rglob("*.py")):
        name = path.relative_to(_PACKAGE).as_posix()
        if not name.startswith("extras/"):
            digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


@functools.cache
def _cache_directories() -> tuple[Path, ...]:
    """Where compiled kernels may lie, best first; never where another user could put a file to be executed."""
    if not _PACKAGE.is_dir():  # imported from an archive: no stamp could tell its versions apart
        return ()
    if (said := os.environ.get("NUMBA_CACHE_DIR")) and _made_private(Path(said)):
        return (Path(said),)
    directories = [_PACKAGE / "__pycache__"]
    with contextlib.suppress(Exception):  # a user without a home
        private = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "classicseg"
        if _made_private(private):
            directories.append(private)
    return tuple(directories)


def cache_directory() -> Path | None:
    """Where kernels that are compiled now are kept; None if no place can be written."""
    for directory in _cache_directories():
        with contextlib.suppress(OSError):
            directory.mkdir(exist_ok=True)
            with tempfile.TemporaryFile(dir=directory):
                return directory
    return None


def _made_private(directory: Path) -> bool:
    """Make a directory where there is none, and say whether no other user can put files there or move it away.

    It and all directories around it are this user's or root's, and nobody else may write into them; but around it
    one may be such that only owners move what is theirs, as /tmp is. Of a link both ends are looked at.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        ends = {directory.absolute(), directory.resolve()}
        return all(
            _is_private(place, may_stick=place not in ends) for end in ends for place in (end, *end.parents)
        )
    except OSError:  # a file is in the way, or there is no permission
        return False


def _is_private(directory: Path, *, may_stick: bool) -> bool:
    if not hasattr(os, "getuid"):
        return True
    status = directory.stat()
    kept = not status.st_mode & 0o022 or (may_stick and status.st_mode & stat.S_ISVTX)
    return bool(kept) and status.st_uid in (0, os.getuid())


def _read(path: Path) -> bytes:
    """Read a file that this user wrote, or root."""
    with path.open("rb") as file:
        if hasattr(os, "getuid") and os.fstat(file.fileno()).st_uid not in (0, os.getuid()):
            raise PermissionError(f"{path} is another user's")
        return file.read()


def write_whole(directory: Path, name: str, content: bytes) -> None:
    """Write a whole file or none: another process may be reading it."""
    directory.mkdir(exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=directory, prefix=".kernel-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(directory / name)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
