"""Pictures in other formats that a TIFF holds as its strips or tiles: how large they say they are."""

from __future__ import annotations

import math
import struct
from typing import Any

from classicseg.extras.files.jpeg2000 import CODESTREAM_START, size_of
from classicseg.extras.files.photographs import jpeg_frame, webp_size
from classicseg.extras.files.pictures import ImageFileError
from classicseg.extras.files.png import PNG_START

_HEAD = 4096
_SMALL = 2**24
"""So many pixels are let pass, or four times those of the strip or tile: a decoder makes room for no more."""


def check_inner(page: Any) -> None:
    """See that no strip or tile holds a picture far larger than itself."""
    keyframe = page.keyframe
    file = page.parent.filehandle
    if keyframe.compression not in _SIZES or keyframe.jpegheader is not None or file.closed:
        return
    segment = (keyframe.tilelength, keyframe.tilewidth) if keyframe.is_tiled else keyframe.shape[-3:]
    most = max(_SMALL, 4 * math.prod(segment))
    for number, (place, length) in enumerate(zip(page.dataoffsets, page.databytecounts, strict=False)):
        file.seek(place)
        pixels = math.prod(_SIZES[keyframe.compression](file.read(min(length, _HEAD))))
        if pixels > most:
            raise ImageFileError(
                f"damaged (strip or tile {number} says that it has {pixels} pixels); make or copy it again"
            )


def _of_jpeg(head: bytes) -> tuple[int, ...]:
    """The size in a JPEG stream; (0,) without one."""
    found = jpeg_frame(head)
    return (0,) if found is None else found[2]


def _of_jpeg2000(head: bytes) -> tuple[int, ...]:
    """The size in a JPEG 2000 stream; (0,) without one."""
    start = head.find(CODESTREAM_START)
    return (0,) if start < 0 else size_of(head[start:])[:2]


def _of_png(head: bytes) -> tuple[int, ...]:
    """The size in a PNG stream; (0,) without one."""
    return struct.unpack(">2I", head[16:24]) if head.startswith(PNG_START) else (0,)


_SIZES = {
    **dict.fromkeys((7, 34892, 33007), _of_jpeg),
    **dict.fromkeys((33003, 33004, 33005, 34712), _of_jpeg2000),
    34933: _of_png,
    50001: webp_size,
}
"""By the number of the compression; 0 where a head does not say."""
