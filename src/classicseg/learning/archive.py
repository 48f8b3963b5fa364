"""Arrays in a zip, as NumPy writes them (``.npz``), and a header in JSON. No pickles.

What is read may have been made by anyone. The directory of the zip says how much there is before anything is
unpacked, each array must have the dtype that it is for, and the bytes that its shape says; a digest covers all of
it.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import zipfile
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from classicseg.learning.model import ModelError


class ArchiveKind(NamedTuple):
    """What a file is to be."""

    format: str
    version: int
    """Another one for each change of what the arrays or the header mean."""

    source: str
    """What writes such files, for messages."""

    most_bytes: int
    """Of a file, and of what is packed in it."""

    again: str = "train it again"
    """The mend of a file that is not read."""

    @property
    def mend(self) -> str:
        """What to do about a file that is damaged."""
        return f"{self.again}, or get a sound copy"


def pack(kind: ArchiveKind, header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return the content of a file."""
    said = {"format": kind.format, "version": kind.version, **header}
    said["digest"] = digest_of(said, arrays)
    text = json.dumps(said, sort_keys=True).encode()
    content = io.BytesIO()
    named: dict[str, Any] = dict(arrays)
    np.savez_compressed(content, header=np.frombuffer(text, np.uint8), **named)
    return content.getvalue()


def unpack(kind: ArchiveKind, content: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Read the header of a file, and the bytes of its arrays by their names, from its content."""
    if len(content) > kind.most_bytes:
        raise ModelError(f"has more than {kind.most_bytes} bytes; expected a model; name another file")
    try:
        members = _members_of(kind, content)
    except ModelError:
        raise
    except Exception:  # zipfile and zlib raise a dozen kinds
        raise ModelError(f"is no model, or is damaged; expected a .npz of {kind.source}; {kind.mend}") from None
    return _header_of(kind, members.pop("header", b"")), members


def _members_of(kind: ArchiveKind, content: bytes) -> dict[str, bytes]:
    """The members of a zip, by their names without the suffix."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        entries = packed.infolist()
        if sum(entry.file_size for entry in entries) > kind.most_bytes:  # no more than it says is unpacked
            raise ModelError(f"unpacks to more than {kind.most_bytes} bytes; expected a model; name another file")
        return {entry.filename.removesuffix(".npy"): packed.read(entry) for entry in entries}


def _header_of(kind: ArchiveKind, member: bytes) -> dict[str, Any]:
    """Read the header and see that it is one of this version."""
    try:
        header = json.loads(array_of(kind, "header", member, "|u1").tobytes())
        version, is_known = header["version"], header["format"] == kind.format
    except (ValueError, TypeError, KeyError, RecursionError):
        is_known = False
    if not is_known:
        raise ModelError(f"has no header of a model; expected a .npz of {kind.source}; {kind.mend}")
    if version != kind.version:
        raise ModelError(f"is of version {version!r:.40}; expected {kind.version}; {kind.again} with this version")
    return dict(header)


def array_of(kind: ArchiveKind, name: str, member: bytes, dtype: str) -> NDArray[Any]:
    """Read an array as NumPy writes them, of one dtype and of the size that it says."""
    file = io.BytesIO(member)
    try:
        if np.lib.format.read_magic(file) != (1, 0):
            raise ValueError("another version")
        shape, by_columns, found = np.lib.format.read_array_header_1_0(file)
        n_bytes = math.prod(shape) * found.itemsize
    except Exception:
        raise ModelError(f"has no array in {name}; {kind.mend}") from None
    rest = member[file.tell() :]
    if found != np.dtype(dtype) or by_columns:
        raise ModelError(
            f"has {found!s:.40} in {name}; expected {np.dtype(dtype)}, no Python objects; {kind.mend}"
        )
    if n_bytes != len(rest) or min(shape, default=0) < 0:
        raise ModelError(f"has {len(rest)} bytes for the shape {shape!s:.60} in {name}; {kind.mend}")
    return np.frombuffer(rest, found).reshape([int(length) for length in shape])


def check_digest(kind: ArchiveKind, header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
    """See that a file holds what was written."""
    said = {name: value for name, value in header.items() if name != "digest"}
    if header.get("digest") != digest_of(said, arrays):
        raise ModelError(f"has other numbers than were written; {kind.mend}")


def digest_of(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> str:
    """A digest of all that a file says."""
    digest = hashlib.blake2b(json.dumps(header, sort_keys=True).encode(), digest_size=16)
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].shape}".encode() + arrays[name].tobytes())
    return digest.hexdigest()
