"""Labels to disk, chunk by chunk, such that a run that is killed goes on where it was.

`manifest` says how chunks are noted. The same recipe begun again computes the chunks that are missing; what was
found of the whole image before is read from the draft.
"""

from __future__ import annotations

import errno
import functools
import math
import os
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import zarr
from dask.delayed import Delayed
from dask.highlevelgraph import HighLevelGraph
from numpy.typing import NDArray

import classicseg
from classicseg.extras.dask.checkpoints import checkpoints
from classicseg.extras.files.manifest import begin, draft_of, expect, finish, mark, marked, read_manifest
from classicseg.extras.progress import bar

_ANSWER_SECONDS = 10
_LOOK_SECONDS = 0.5
_FOUND = ".found"
_ONE_OPENS = threading.Lock()


def store_labels(
    path: str | os.PathLike[str],
    labels: Callable[[], da.Array],
    recipe: Mapping[str, Any],
    *,
    scheduler: str | None = None,
    doing: str = "labels",
) -> int:
    """Write labels as a Zarr array, and return how many chunks were computed.

    Parameters
    ----------
    path : path-like
        The folder to make or to replace, `name.zarr`. What is there stays whole until all is written.
    labels : callable
        Makes the labels; called where the scheduler is at hand.
    recipe : mapping of str to JSON values
        All that the labels depend on. A run of the same recipe that was killed is gone on with; one of another is
        refused.
    scheduler : str, optional
        The address of a running Dask scheduler, whose workers see the same files. Without it the client at hand
        computes, or threads.
    doing : str
        What the progress bar says.

    Returns
    -------
    int
        The chunks that this call computed.

    Raises
    ------
    OSError, ValueError
        If the disk is full or not to be written to, the unfinished run is of another recipe, or the scheduler does
        not answer or has workers without this package.

    Examples
    --------
    >>> import tempfile
    >>> import dask.array as da
    >>> from classicseg.extras.dask import connected_regions
    >>> from classicseg.extras.dask.storing import store_labels
    >>> image = da.ones((4, 6), chunks=3, dtype="uint8")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store_labels(f"{folder}/labels.zarr", lambda: connected_regions(image), {"image": "ones"})
    4
    """
    target = Path(path).absolute()
    draft = draft_of(target)
    manifest = read_manifest(draft)
    if manifest is not None and manifest["complete"]:  # killed between the last chunk and the new name
        finish(draft, target)
    with _cluster(scheduler):
        begin(draft, recipe)
        with checkpoints(draft / _FOUND):
            try:
                array = _regular(labels())
            except (TypeError, ValueError):
                if manifest is None:
                    shutil.rmtree(draft)  # what is refused is not to be gone on with
                raise
            expect(draft, math.prod(array.numblocks))
            n_written = _write_missing(array, draft, target, doing)
    shutil.rmtree(draft / _FOUND)
    finish(draft, target)
    return n_written


def _regular(array: da.Array) -> da.Array:
    """In chunks of one shape, but for the last ones, which is what a Zarr array has."""
    whole = tuple(lengths[0] for lengths in array.chunks)
    regular = all(
        set(lengths[:-1]) <= {length} and lengths[-1] <= length
        for lengths, length in zip(array.chunks, whole, strict=True)
    )
    return array if regular else array.rechunk(array.chunksize)


def _write_missing(array: da.Array, draft: Path, target: Path, doing: str) -> int:
    """Compute and write the chunks that are not marked."""
    if not (draft / "zarr.json").exists():
        zarr.create_array(
            draft,
            shape=array.shape,
            chunks=array.chunksize,
            dtype=array.dtype,
            fill_value=0,
        )
    done = marked(draft)
    missing = [index for index in np.ndindex(array.numblocks) if index not in done]
    ones = tuple((1,) * n for n in array.numblocks)
    meta = np.empty((0,) * array.ndim, bool)
    written = array.map_blocks(_write, path=str(draft), dtype=bool, chunks=ones, meta=meta)
    name = f"all-{written.name}"
    layer = {name: (len, [(written.name, *index) for index in missing])}
    graph = HighLevelGraph.from_collections(name, layer, dependencies=[written])
    try:
        with _watched(draft, doing, math.prod(array.numblocks)):
            return int(Delayed(name, graph, layer=name).compute()) if missing else 0
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise OSError(
            f"{target}: disk full after {len(marked(draft))} of {math.prod(array.numblocks)} chunks; make room, "
            "then run the same command again, which goes on; what was at that path is whole"
        ) from None


def _write(block: NDArray[Any], path: str, block_id: tuple[int, ...]) -> NDArray[np.bool_]:
    draft = Path(path)
    stored = _stored(path, (draft / "zarr.json").stat().st_mtime_ns)
    first = (i * step for i, step in zip(block_id, stored.chunks, strict=True))
    stored[tuple(slice(start, start + n) for start, n in zip(first, block.shape, strict=True))] = block
    with draft.joinpath("c", *map(str, block_id)).open("rb") as chunk:
        os.fsync(chunk.fileno())  # the mark must not outlive the chunk
    mark(draft, block_id)
    return np.ones((1,) * block.ndim, bool)


@functools.lru_cache(maxsize=4)
def _stored(path: str, stamp: int) -> Any:
    # Empty chunks are written too, so that one that is lost is missed. The setting is of the process: two threads
    # that set it at once would set it back under each other.
    with _ONE_OPENS, zarr.config.set({"array.write_empty_chunks": True}):
        return zarr.open_array(path, mode="r+")


@contextmanager
def _watched(draft: Path, doing: str, n_chunks: int) -> Iterator[None]:
    """A bar of the chunks that are marked, whoever writes them."""
    ended = threading.Event()

    def watch(advance: Callable[[int], None]) -> None:
        while not ended.wait(_LOOK_SECONDS):
            advance(len(marked(draft)))

    with bar(doing, n_chunks) as advance:
        watcher = threading.Thread(target=watch, args=(advance,), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            ended.set()
            watcher.join()


@contextmanager
def _cluster(address: str | None) -> Iterator[None]:
    """Make a running scheduler the one that computes."""
    if address is None:
        yield
        return
    from distributed import Client

    try:
        client = Client(address, timeout=_ANSWER_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise OSError(
            f"{address}: no Dask scheduler answers there ({error}); expected the address of one, e.g. "
            "tcp://127.0.0.1:8786"
        ) from None
    with client, client.as_current():
        _check_workers(client)
        yield


def _check_workers(client: Any) -> None:
    """See that the workers, and the scheduler, have this package."""
    asked = "__import__('classicseg').__version__"  # as text: a worker without the package can not load functions
    try:
        client.run_on_scheduler(eval, asked)
    except ImportError as error:
        raise OSError(
            f"the scheduler at {client.scheduler.address} has no classicseg ({error}); install it"
        ) from None
    versions = client.run(eval, asked, on_error="return")
    if not versions:
        raise OSError(f"{client.scheduler.address}: the scheduler has no workers; start some, e.g. dask worker")
    for worker, version in versions.items():
        if isinstance(version, Exception):
            raise OSError(f"worker {worker} has no classicseg ({version}); install {classicseg.__version__} there")
        if version != classicseg.__version__:
            raise OSError(
                f"worker {worker} has classicseg {version}; expected {classicseg.__version__}, as here; install it"
            )
