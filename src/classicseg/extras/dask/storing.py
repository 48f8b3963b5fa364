"""Labels to disk, chunk by chunk, such that a run that is killed goes on where it was.

`manifest` says how chunks are noted, `drafts` what becomes of the store. The same recipe begun again computes the
chunks that are missing; what was found of the whole image before is read from the draft.
"""

from __future__ import annotations

import errno
import functools
import logging
import math
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import dask.array as da
import numpy as np
import zarr
from dask.delayed import Delayed
from dask.highlevelgraph import HighLevelGraph
from numpy.typing import NDArray

import classicseg
from classicseg.extras.dask.checkpoints import checkpoints
from classicseg.extras.files.drafts import FOUND, check_store, discard, finish, locked, settle
from classicseg.extras.files.manifest import (
    ARRAY,
    Index,
    begin,
    draft_of,
    expect,
    key_of,
    mark,
    marked,
    read_manifest,
    unchanged,
    written,
)
from classicseg.extras.files.stamps import Stamp, has_changed
from classicseg.extras.files.writing import replacing
from classicseg.extras.progress import bar

_ANSWER_SECONDS = 10
_LOOK_SECONDS = 0.5
_ONE_OPENS = threading.Lock()


def store_labels(
    path: str | os.PathLike[str],
    labels: Callable[[], da.Array],
    recipe: Mapping[str, Any],
    *,
    stamps: Mapping[Path, Stamp] = MappingProxyType({}),
    scheduler: str | None = None,
    doing: str = "labels",
) -> int:
    """Write labels as a Zarr array, and return how many chunks were computed.

    Parameters
    ----------
    path : path-like
        The folder to make, or the store to replace that was made here, `name.zarr`. What is there stays whole
        until all is written.
    labels : callable
        Makes the labels; it is called when the scheduler is at hand.
    recipe : mapping of str to JSON values
        All that the labels depend on. A run of the same recipe that was killed is gone on with; one of another is
        refused.
    stamps : mapping of Path to Stamp, default {}
        The files and folders that the labels are made of, as they were before they were read: parts of the recipe.
        Where one has changed since, a run is not gone on with; where one changes meanwhile, the labels are not
        kept.
    scheduler : str, optional
        The address of a running Dask scheduler, whose workers see the same files. Without it the client at hand
        computes, or threads.
    doing : str, default "labels"
        What the progress bar says.

    Returns
    -------
    int
        The number of chunks that this call computed.

    Raises
    ------
    OSError
        If the disk is full or cannot be written to, something else is at the path, another process writes it, or
        the scheduler does not answer or has workers without this package.
    ValueError
        If an input is at the path, the unfinished run is of another recipe, or an input changes meanwhile.

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
    target = Path(os.path.realpath(path))
    draft = draft_of(target)
    check_store(target, stamps)
    with locked(draft):
        settle(draft, target)
    recipe = {**recipe, **{f"content of {source}": stamp.said() for source, stamp in stamps.items()}}
    with locked(draft), _cluster(scheduler, target):
        is_new = read_manifest(draft) is None
        begin(draft, recipe)
        with checkpoints(draft / FOUND, recipe):
            try:
                array = _regular(labels())
            except (TypeError, ValueError):
                if is_new:
                    discard(draft)  # what is refused is not to be gone on with
                raise
            expect(draft, math.prod(array.numblocks))
            n_written = _write_missing(array, draft, target, doing)
        for source, stamp in stamps.items():
            if has_changed(source, stamp):
                discard(draft)
                raise ValueError(f"{source}: has changed while it was read; the labels are not kept; begin again")
        finish(draft, target, _all_written(array, draft, target))
    return n_written


def _all_written(array: da.Array, draft: Path, target: Path) -> dict[Index, str]:
    """Check that each chunk is written, and return its digest."""
    digests = written(draft, np.ndindex(array.numblocks))
    if missing := math.prod(array.numblocks) - len(digests):
        raise OSError(f"{target}: {missing} chunks were lost meanwhile; run the same command again, which goes on")
    return digests


def _regular(array: da.Array) -> da.Array:
    """In chunks of one shape, but for the last ones, which is what a Zarr array has."""
    whole = tuple(lengths[0] for lengths in array.chunks)
    regular = all(
        set(lengths[:-1]) <= {length} and lengths[-1] <= length
        for lengths, length in zip(array.chunks, whole, strict=True)
    )
    return array if regular else array.rechunk(array.chunksize)


def _write_missing(array: da.Array, draft: Path, target: Path, doing: str) -> int:
    """Compute and write the chunks that are not there."""
    said = _said_of(array)
    if not (draft / ARRAY).is_file() or (draft / ARRAY).read_bytes() != said:
        with replacing(draft / ARRAY) as file:
            file.write(said)
    done = unchanged(draft, np.ndindex(array.numblocks))
    missing = [index for index in np.ndindex(array.numblocks) if index not in done]
    ones = tuple((1,) * n for n in array.numblocks)
    meta = np.empty((0,) * array.ndim, bool)
    options = {"path": str(draft), "key": key_of(draft)}
    writing = array.map_blocks(_write_of_run, dtype=bool, chunks=ones, meta=meta, **options)
    name = f"all-{writing.name}"
    layer = {name: (len, [(writing.name, *index) for index in missing])}
    graph = HighLevelGraph.from_collections(name, layer, dependencies=[writing])
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


def _said_of(array: da.Array) -> bytes:
    """What a Zarr array of these chunks says of itself."""
    held: dict[str, Any] = {}
    zarr.create_array(
        zarr.storage.MemoryStore(held),
        shape=array.shape,
        chunks=array.chunksize,
        dtype=array.dtype,
        fill_value=0,
    )
    return held[ARRAY].to_bytes()


def _write_of_run(block: NDArray[Any], path: str, key: bytes, block_id: tuple[int, ...]) -> NDArray[np.bool_]:
    """Write a chunk, unless the draft is by now another run's: tasks outlive the process that has sent them."""
    if key_of(Path(path)) != key:
        raise OSError(f"{path}: is now written by another run")
    return _write(block, path=path, block_id=block_id)


def _write(block: NDArray[Any], path: str, block_id: tuple[int, ...]) -> NDArray[np.bool_]:
    """Write a chunk of the draft, and mark it when it is on disk."""
    draft = Path(path)
    status = (draft / ARRAY).stat()
    stored = _stored(path, (status.st_mtime_ns, status.st_ino))
    first = (i * step for i, step in zip(block_id, stored.chunks, strict=True))
    stored[tuple(slice(start, start + n) for start, n in zip(first, block.shape, strict=True))] = block
    with draft.joinpath("c", *map(str, block_id)).open("rb") as chunk:
        os.fsync(chunk.fileno())  # the mark must not outlive the chunk
    mark(draft, block_id)
    return np.ones((1,) * block.ndim, bool)


@functools.lru_cache(maxsize=4)
def _stored(path: str, stamp: Any) -> Any:
    """Open the array of a draft."""
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
def _cluster(address: str | None, target: Path) -> Iterator[None]:
    """Make a running scheduler the one that computes."""
    if address is None:
        yield
        return
    from distributed import Client, KilledWorker

    try:
        client = Client(address, timeout=_ANSWER_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise OSError(
            f"{address}: no Dask scheduler answers there ({error}); expected the address of one, e.g. "
            "tcp://127.0.0.1:8786"
        ) from None
    with _in_our_words("distributed.client"), client, client.as_current():
        try:
            _check_workers(client)
            yield
        except Exception as error:
            lost = isinstance(error, CancelledError | KilledWorker)
            if client.status == "running" and not lost:
                raise
            what = "lost workers" if isinstance(error, KilledWorker) else "is gone"
            raise OSError(
                f"{target}: the Dask scheduler at {address} {what} ({type(error).__name__}); start it or them, "
                "then run the same command again, which goes on; what was at that path is whole"
            ) from None


@contextmanager
def _in_our_words(name: str) -> Iterator[None]:
    """Keep a library from logging what is raised here."""
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


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
