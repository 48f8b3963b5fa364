"""CZI by a file that Zeiss' own library writes; ND2 and LIF, which nothing writes, by readers that stand in."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

pytest.importorskip("tifffile")

from classicseg.extras.files import ImageFileError, read_image, write_labels

RNG = np.random.default_rng(0)
STACK = RNG.integers(0, 60000, (2, 3, 20, 30)).astype(np.uint16)


def czi(path: Path, n_scenes: int = 1, planes: np.ndarray = STACK) -> Path:
    """Channels and planes as pylibCZIrw writes them."""
    module = pytest.importorskip("pylibCZIrw.czi")
    with module.create_czi(str(path)) as file:
        for scene in range(n_scenes):
            for c, channel in enumerate(planes):
                for z, plane in enumerate(channel):
                    place = {"C": c, "Z": z, "T": 0}
                    file.write(
                        (plane + scene).astype(plane.dtype), plane=place, scene=scene, location=(100 * scene, 0)
                    )
        file.write_metadata(channel_names={0: "DAPI", 1: "GFP"}, scale_x=1e-7, scale_y=2e-7, scale_z=5e-7)
    return path


def test_a_czi_has_channels_steps_and_scenes(tmp_path):
    picture = read_image(czi(tmp_path / "a.czi"))
    assert_array_equal(picture.pixels, STACK)
    assert (picture.channel_axis, picture.channels) == (0, ("DAPI", "GFP"))
    assert (picture.spacing, picture.geometry.unit, picture.geometry.axes) == ((0.5, 0.2, 0.1), "µm", "ZYX")
    assert_array_equal(read_image(tmp_path / "a.czi", channel="GFP").pixels, STACK[1])
    path = write_labels(tmp_path / "labels", np.ones((3, 20, 30), int), like=picture)
    assert path.name == "labels.ome.tif"
    assert read_image(path).spacing == picture.spacing
    czi(tmp_path / "b.czi", 2)
    with pytest.raises(ImageFileError, match=r"holds 2 images \(0: scene of 20 x 30; 1: scene of 20 x 30\)"):
        read_image(tmp_path / "b.czi")
    assert_array_equal(read_image(tmp_path / "b.czi", series=1).pixels, STACK + 1)
    with pytest.raises(ImageFileError, match="has no series 2; expected 0 to 1"):
        read_image(tmp_path / "b.czi", series=2)
    with pytest.raises(ImageFileError, match="expected at most 100"):
        read_image(tmp_path / "a.czi", max_pixels=100)


def test_colors_of_a_czi_are_red_green_and_blue(tmp_path):
    colors = RNG.integers(0, 255, (1, 1, 20, 30, 3)).astype(np.uint8)
    picture = read_image(czi(tmp_path / "a.czi", planes=colors[..., ::-1]))
    assert picture.channel_axis == 2
    assert_array_equal(picture.pixels, colors[0, 0])


def test_a_damaged_czi_is_refused(tmp_path):
    whole = czi(tmp_path / "a.czi").read_bytes()
    (tmp_path / "b.czi").write_bytes(whole[: len(whole) // 3])
    with pytest.raises(ImageFileError):
        read_image(tmp_path / "b.czi")


class Context(SimpleNamespace):
    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None


def test_an_nd2_has_positions_channels_and_steps(tmp_path, monkeypatch):
    positions = np.stack([STACK, STACK + 1]).transpose(0, 2, 1, 3, 4)  # P, Z, C, Y, X
    file = Context(
        sizes=dict(zip("PZCYX", positions.shape, strict=True)),
        asarray=lambda position: positions[[position]],
        voxel_size=lambda: SimpleNamespace(x=0.1, y=0.2, z=0.5),
        metadata=SimpleNamespace(channels=[SimpleNamespace(channel=SimpleNamespace(name=n)) for n in ("A", "B")]),
    )
    monkeypatch.setitem(sys.modules, "nd2", SimpleNamespace(ND2File=lambda path: file))
    (tmp_path / "a.nd2").write_bytes(b"\xda\xce\xbe\n" + bytes(100))
    with pytest.raises(ImageFileError, match=r"holds 2 images \(0: position 0; 1: position 1\)"):
        read_image(tmp_path / "a.nd2")
    picture = read_image(tmp_path / "a.nd2", series=1)
    assert_array_equal(picture.pixels, positions[1])
    assert (picture.channel_axis, picture.spacing, picture.channels) == (1, (0.5, 0.2, 0.1), ("A", "B"))


def test_a_lif_has_images_and_steps(tmp_path, monkeypatch):
    def image(name, values):
        coords = {"Y": np.arange(20) * 2e-7, "X": np.arange(30) * 1e-7}
        return SimpleNamespace(name=name, sizes={"Y": 20, "X": 30}, coords=coords, asarray=lambda: values)

    file = Context(images=[image("first", STACK[0, 0]), image("second", STACK[1, 1])])
    monkeypatch.setitem(sys.modules, "liffile", SimpleNamespace(LifFile=lambda path: file))
    (tmp_path / "a.lif").write_bytes(b"p\0\0\0" + bytes(100))
    with pytest.raises(ImageFileError, match=r"holds 2 images \(0: first; 1: second\)"):
        read_image(tmp_path / "a.lif")
    picture = read_image(tmp_path / "a.lif", series=1)
    assert_array_equal(picture.pixels, STACK[1, 1])
    assert (picture.channel_axis, picture.spacing) == (None, (0.2, 0.1))


@pytest.mark.parametrize(
    ("start", "reader"), [(b"ZISRAWFILE", "pylibCZIrw"), (b"\xda\xce\xbe\n", "nd2"), (b"p\0\0\0", "liffile")]
)
def test_a_reader_that_is_missing_is_named_with_its_extra(tmp_path, monkeypatch, start, reader):
    monkeypatch.setitem(sys.modules, reader, None)
    (tmp_path / "a").write_bytes(start + bytes(100))
    with pytest.raises(ImageFileError, match=rf"read by {reader}, .* or all of 'classicseg\[microscopy\]'"):
        read_image(tmp_path / "a")
