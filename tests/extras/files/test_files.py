"""Files are read as they are or refused with one clear error, and written whole or not at all."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

imagecodecs = pytest.importorskip("imagecodecs")
tifffile = pytest.importorskip("tifffile")
Image = pytest.importorskip("PIL.Image")

from classicseg.extras.files import (  # noqa: E402
    ImageFileError,
    encode_palette,
    read_image,
    read_markers,
    read_mask,
    replacing,
    write_image,
    write_json,
    write_labels,
    write_table,
)

GREY = np.add.outer(np.arange(40), np.arange(60)).astype(np.uint8) * 2
COLOR = np.stack([GREY, 255 - GREY, GREY // 2], axis=-1)
DEEP_COLOR = COLOR.astype(np.uint16) * 251
VOLUME = np.arange(5 * 12 * 16, dtype=np.uint16).reshape(5, 12, 16) * 60


def save(path: Path, array: np.ndarray, **options: object) -> Path:
    Image.fromarray(array).save(path, **options)
    return path


def save_tiff(path: Path, array: np.ndarray, **options: object) -> Path:
    tifffile.imwrite(path, array, **options)
    return path


@pytest.mark.parametrize("suffix", ["png", "bmp", "jp2", "ppm", "tif"])
@pytest.mark.parametrize("image", [GREY, COLOR], ids=["grey", "color"])
def test_lossless_formats_come_as_they_are(tmp_path: Path, suffix: str, image: np.ndarray) -> None:
    options = {"irreversible": False} if suffix == "jp2" else {}
    picture = read_image(save(tmp_path / f"image.{suffix}", image, **options))
    np.testing.assert_array_equal(picture.pixels, image)
    assert picture.pixels.dtype == image.dtype
    assert picture.channel_axis == (2 if image.ndim == 3 else None)
    assert picture.mask is None


@pytest.mark.parametrize("image", [DEEP_COLOR[..., 0], DEEP_COLOR], ids=["grey", "color"])
@pytest.mark.parametrize("suffix", ["png", "tif", "jp2"])
def test_sixteen_bits_stay_sixteen_bits(tmp_path: Path, suffix: str, image: np.ndarray) -> None:
    path = tmp_path / f"image.{suffix}"
    if suffix == "png":
        path.write_bytes(imagecodecs.png_encode(np.ascontiguousarray(image)))
    elif suffix == "jp2":
        path.write_bytes(imagecodecs.jpeg2k_encode(np.ascontiguousarray(image), level=0, reversible=True))
    else:
        tifffile.imwrite(path, image)
    picture = read_image(path)
    assert picture.pixels.dtype == np.uint16
    np.testing.assert_array_equal(picture.pixels, image)


def test_deep_pgm_and_ppm_are_read_as_they_are(tmp_path: Path) -> None:
    grey = DEEP_COLOR[..., 0]
    path = tmp_path / "deep.pgm"
    path.write_bytes(b"P5\n60 40\n65535\n" + grey.astype(">u2").tobytes())
    np.testing.assert_array_equal(read_image(path).pixels, grey)
    assert read_image(path).pixels.dtype == np.uint16
    path.write_bytes(b"P6\n60 40\n65535\n" + DEEP_COLOR.astype(">u2").tobytes())
    np.testing.assert_array_equal(read_image(path).pixels, DEEP_COLOR)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.int32, np.float32, np.float64])
def test_tiff_keeps_its_dtype(tmp_path: Path, dtype: type) -> None:
    picture = read_image(save_tiff(tmp_path / "image.tif", GREY.astype(dtype)))
    assert picture.pixels.dtype == dtype
    np.testing.assert_array_equal(picture.pixels, GREY.astype(dtype))


@pytest.mark.parametrize("compression", [None, "zlib", "lzw"])
def test_all_pages_of_a_tiff_are_one_volume(tmp_path: Path, compression: str | None) -> None:
    path = save_tiff(tmp_path / "volume.tif", VOLUME, photometric="minisblack", compression=compression)
    picture = read_image(path)
    np.testing.assert_array_equal(picture.pixels, VOLUME)
    assert picture.channel_axis is None


def test_a_volume_of_four_columns_is_no_color_image(tmp_path: Path) -> None:
    thin = np.ascontiguousarray(VOLUME[:, :, :4])
    picture = read_image(save_tiff(tmp_path / "thin.tif", thin, photometric="minisblack"))
    assert picture.channel_axis is None
    np.testing.assert_array_equal(picture.pixels, thin)


def test_pages_written_one_by_one_by_pillow_are_a_volume(tmp_path: Path) -> None:
    pages = [Image.fromarray(page) for page in VOLUME]
    pages[0].save(tmp_path / "pages.tif", save_all=True, append_images=pages[1:])
    picture = read_image(tmp_path / "pages.tif")
    np.testing.assert_array_equal(picture.pixels, VOLUME)
    assert picture.channel_axis is None


def test_the_channels_of_a_volume_are_found_by_name(tmp_path: Path) -> None:
    colors = read_image(save_tiff(tmp_path / "rgb.tif", np.stack([COLOR] * 5), photometric="rgb"))
    assert (colors.pixels.shape, colors.channel_axis) == ((5, 40, 60, 3), 3)
    planar = np.ascontiguousarray(np.moveaxis(COLOR, -1, 0))
    path = save_tiff(tmp_path / "planar.tif", planar, photometric="rgb", planarconfig="separate")
    assert read_image(path).channel_axis == 0
    stained = save_tiff(
        tmp_path / "stained.tif", np.stack([VOLUME] * 2, 1), imagej=True, metadata={"axes": "ZCYX"}
    )
    assert (read_image(stained).pixels.shape, read_image(stained).channel_axis) == ((5, 2, 12, 16), 1)


def test_pages_of_different_shapes_are_refused(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "mixed.tif") as writer:
        writer.write(GREY, contiguous=False)
        writer.write(GREY[:10], contiguous=False)
    with pytest.raises(ImageFileError, match="shapes"):
        read_image(tmp_path / "mixed.tif")


def test_an_animation_is_refused(tmp_path: Path) -> None:
    Image.fromarray(GREY).save(tmp_path / "moving.gif", save_all=True, append_images=[Image.fromarray(255 - GREY)])
    with pytest.raises(ImageFileError, match="2 frames"):
        read_image(tmp_path / "moving.gif")


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
@pytest.mark.parametrize("color", [GREY[..., np.newaxis], COLOR], ids=["grey", "color"])
@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_alpha_becomes_the_mask(tmp_path: Path, suffix: str, color: np.ndarray, depth: type) -> None:
    alpha = np.where(GREY > 60, 255, 0)[..., np.newaxis]
    alpha[0, 0] = 1  # hardly to be seen takes part
    image = np.concatenate([color, alpha], axis=-1).astype(depth)
    path = tmp_path / f"image.{suffix}"
    if suffix == "png":
        path.write_bytes(imagecodecs.png_encode(np.ascontiguousarray(image)))
    else:
        photometric = "rgb" if color.shape[-1] == 3 else "minisblack"
        tifffile.imwrite(path, image, photometric=photometric, planarconfig="contig", extrasamples=["unassalpha"])
    picture = read_image(path)
    np.testing.assert_array_equal(picture.mask, alpha[..., 0] != 0)
    np.testing.assert_array_equal(picture.pixels, np.squeeze(color).astype(depth))
    assert picture.channel_axis == (2 if color.shape[-1] == 3 else None)


def test_palettes_and_black_and_white(tmp_path: Path) -> None:
    palette = Image.fromarray(COLOR).quantize(8)
    palette.save(tmp_path / "palette.png")
    palette.save(tmp_path / "see_through.png", transparency=2)
    np.testing.assert_array_equal(read_image(tmp_path / "palette.png").pixels, np.array(palette.convert("RGB")))
    np.testing.assert_array_equal(read_image(tmp_path / "see_through.png").mask, np.array(palette) != 2)
    np.testing.assert_array_equal(read_markers(tmp_path / "palette.png"), np.array(palette))
    for suffix in ("png", "tif"):
        pixels = read_image(save(tmp_path / f"ink.{suffix}", GREY > 60)).pixels
        assert pixels.dtype == np.bool_
        np.testing.assert_array_equal(pixels, GREY > 60)


def test_white_is_zero_is_turned_round(tmp_path: Path) -> None:
    path = save_tiff(tmp_path / "fax.tif", 255 - GREY, photometric="miniswhite")
    np.testing.assert_array_equal(read_image(path).pixels, GREY)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_photographs_come_upright(tmp_path: Path, orientation: int) -> None:
    from PIL import ImageOps

    exif = Image.Exif()
    exif[0x0112] = orientation
    for suffix in ("png", "jpg"):
        path = save(tmp_path / f"turned.{suffix}", COLOR, exif=exif)
        with Image.open(path) as stored:
            upright = np.array(ImageOps.exif_transpose(stored))
        np.testing.assert_array_equal(read_image(path).pixels, upright)


def test_npy(tmp_path: Path) -> None:
    for array, channel_axis in [(GREY, None), (COLOR, 2), (VOLUME, None), (GREY / 3, None)]:
        np.save(tmp_path / "array.npy", array)
        picture = read_image(tmp_path / "array.npy")
        np.testing.assert_array_equal(picture.pixels, array)
        assert (picture.pixels.dtype, picture.channel_axis) == (array.dtype, channel_axis)
    np.save(tmp_path / "objects.npy", np.array([[None, 1]]), allow_pickle=True)
    np.save(tmp_path / "line.npy", GREY[0])
    for name in ("objects.npy", "line.npy"):
        with pytest.raises(ImageFileError, match=name):
            read_image(tmp_path / name)


def encoded(tmp_path: Path, kind: str) -> bytes:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    path = tmp_path / "whole"
    if kind == "npy":
        np.save(tmp_path / "whole.npy", noise)
        path = tmp_path / "whole.npy"
    elif kind == "png16":
        path.write_bytes(imagecodecs.png_encode(noise.astype(np.uint16) * 257))
    elif kind.startswith("tiff"):
        compression = kind.partition("-")[2] or None
        tifffile.imwrite(path, noise, compression=compression)
    elif kind == "volume":
        tifffile.imwrite(path, VOLUME, photometric="minisblack", compression="zlib")
    else:
        options = {"progressive": True} if kind == "JPEG" else {}
        Image.fromarray(noise).save(path, kind, **options)
    return path.read_bytes()


KINDS = [
    "PNG",
    "png16",
    "JPEG",
    "BMP",
    "WEBP",
    "PPM",
    "JPEG2000",
    "tiff",
    "tiff-zlib",
    "tiff-jpeg",
    "volume",
    "npy",
]


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_cut_anywhere_is_an_error_never_half_an_image(tmp_path: Path, kind: str) -> None:
    data = encoded(tmp_path, kind)
    whole = tmp_path / "whole_again"
    whole.write_bytes(data)
    expected = read_image(whole).pixels
    path = tmp_path / "cut"
    for length in [*np.linspace(1, len(data) - 1, 25).astype(int), len(data) - 2, len(data) - 12]:
        path.write_bytes(data[:length])
        try:
            pixels = read_image(path).pixels
        except ImageFileError as error:
            assert "cut" in str(error)
        else:  # nothing of the image was cut away, only what stands behind it
            np.testing.assert_array_equal(pixels, expected)
            assert length > 0.99 * len(data)


def test_noise_over_a_file_is_an_image_or_an_image_file_error(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    for kind in KINDS:
        data = np.frombuffer(encoded(tmp_path, kind), np.uint8)
        for _ in range(10):
            damaged = data.copy()
            damaged[rng.integers(0, min(len(data), 400), 8)] = rng.integers(0, 256, 8)
            (tmp_path / "damaged").write_bytes(damaged.tobytes())
            try:
                read_image(tmp_path / "damaged", max_pixels=10**6)
            except ImageFileError as error:
                assert "damaged" in str(error) or "not supported" in str(error)


@pytest.mark.parametrize("name", ["missing.png", ".", "empty.png", "text.png"])
def test_what_is_no_image_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("no image at all")
    with pytest.raises(ImageFileError) as raised:
        read_image(tmp_path / name)
    assert str(tmp_path) in str(raised.value)
    assert "expected" in str(raised.value)


def test_bombs_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    Image.new("1", (23_000, 23_000)).save(tmp_path / "bomb.png")
    np.lib.format.open_memmap(tmp_path / "bomb.npy", "w+", np.uint8, (30_000, 30_000))
    tifffile.imwrite(tmp_path / "pages.tif", VOLUME, photometric="minisblack")
    start = time.perf_counter()
    for name in ("bomb.png", "bomb.npy"):
        with pytest.raises(ImageFileError, match="pixels"):
            read_image(tmp_path / name)
    with pytest.raises(ImageFileError, match="960 pixels"):
        read_image(tmp_path / "pages.tif", max_pixels=959)
    assert time.perf_counter() - start < 1
    assert read_image(tmp_path / "pages.tif", max_pixels=960).pixels.shape == VOLUME.shape


def test_beyond_pillows_own_limit(tmp_path: Path) -> None:
    Image.new("1", (20_000, 10_000)).save(tmp_path / "large.png")
    assert read_image(tmp_path / "large.png").pixels.shape == (10_000, 20_000)
    assert Image.MAX_IMAGE_PIXELS is not None


def test_masks_and_markers(tmp_path: Path) -> None:
    drawn = np.zeros((4, 5, 4), np.uint8)
    drawn[..., 3] = 255
    drawn[1, 2, 0] = 9
    mask = read_mask(save(tmp_path / "mask.png", drawn))
    assert mask.shape == (4, 5)
    assert np.argwhere(mask).tolist() == [[1, 2]]
    for name, image in [("color.png", COLOR), ("fractions.tif", GREY / np.float32(3))]:
        save(tmp_path / name, image)
        with pytest.raises(ImageFileError, match="whole number"):
            read_markers(tmp_path / name)


@pytest.mark.parametrize(
    ("most", "shape", "suffix", "dtype"),
    [
        (255, (6, 7), ".png", np.uint8),
        (256, (6, 7), ".png", np.uint16),
        (65_536, (6, 7), ".tif", np.int32),
        (255, (3, 6, 7), ".tif", np.uint8),
        (65_535, (3, 6, 3), ".tif", np.uint16),
        (65_536, (2, 3, 6, 4), ".tif", np.int32),
    ],
)
def test_labels_come_back(tmp_path: Path, most: int, shape: tuple[int, ...], suffix: str, dtype: type) -> None:
    labels = np.zeros(shape, np.int32)
    labels[..., -1] = most
    path = write_labels(tmp_path / "a.labels", labels)
    assert path == tmp_path / f"a.labels{suffix}"
    found = read_markers(path)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, labels)


@pytest.mark.parametrize("name", ["a.tif", "a.TIFF"])
def test_a_plane_becomes_the_tiff_that_its_name_asks_for(tmp_path: Path, name: str) -> None:
    assert write_labels(tmp_path / name, [[0, 3]]) == tmp_path / name
    found = read_markers(tmp_path / name)
    assert found.dtype == np.uint8
    assert found.tolist() == [[0, 3]]
    assert write_labels(os.fsencode(tmp_path / "b"), [[0, 3]]) == tmp_path / "b.png"


@pytest.mark.parametrize(
    ("name", "most"), [("a.nii.gz", 1), ("a.nrrd", 1), ("a.mha", 70_000), ("a.nii", 1), ("a.png", 70_000)]
)
def test_labels_are_not_written_under_the_suffix_of_another_format(tmp_path: Path, name: str, most: int) -> None:
    with pytest.raises(ValueError, match=r"these labels become \.(png|tif); leave .* out"):
        write_labels(tmp_path / name, [[0, most]])
    assert list(tmp_path.iterdir()) == []


def test_a_line_of_labels_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"shape \(3,\); expected two axes or more"):
        write_labels(tmp_path / "a", [0, 1, 1])


def test_tables_and_json(tmp_path: Path) -> None:
    write_table(tmp_path / "table.csv", ["name", "area"], [["a,b", 1.5], ["ö", 2]])
    with (tmp_path / "table.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [["name", "area"], ["a,b", "1.5"], ["ö", "2"]]
    write_json(tmp_path / "run.json", {"n": 1, "none": None})
    assert json.loads((tmp_path / "run.json").read_text()) == {"n": 1, "none": None}


def test_a_failed_write_leaves_the_old_file_and_no_draft(tmp_path: Path) -> None:
    (tmp_path / "old.txt").write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt), replacing(tmp_path / "old.txt") as file:
        file.write(b"new")
        raise KeyboardInterrupt
    assert (tmp_path / "old.txt").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["old.txt"]
    with pytest.raises(OSError), replacing(tmp_path):
        pass
    with pytest.raises(FileNotFoundError) as caught:
        write_image(tmp_path / "no" / "folder.png", GREY)
    assert caught.value.filename == str(tmp_path / "no" / "folder.png")


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "target.txt").write_bytes(b"old")
    (tmp_path / "link.txt").symlink_to("target.txt")
    with replacing(tmp_path / "link.txt") as file:
        file.write(b"new")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "target.txt").read_bytes() == b"new"


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_killed_while_writing_the_old_file_or_the_new_one_is_there(tmp_path: Path) -> None:
    code = """
import sys, numpy as np
from classicseg.extras.files import write_image
values = 0
while True:
    values = (values + 1) % 256
    write_image(sys.argv[1], np.full((300, 300), values, np.uint8))
    print(flush=True)
"""
    path = tmp_path / "image.png"
    for moment in np.linspace(0.0, 0.03, 6):
        writer = subprocess.Popen([sys.executable, "-c", code, path], stdout=subprocess.PIPE, env=os.environ)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(moment)
        writer.kill()
        writer.communicate()
        pixels = read_image(path).pixels
        assert pixels.shape == (300, 300)
        assert pixels.min() == pixels.max()


@pytest.mark.parametrize("n_colors", [1, 2, 16, 255, 256])
def test_a_palette_image_has_the_color_of_each_label(tmp_path: Path, n_colors: int) -> None:
    rng = np.random.default_rng(0)
    colors = rng.integers(0, 256, (n_colors, 3))
    labels = rng.integers(1, n_colors + 1, (30, 40))
    path = tmp_path / "few.png"
    path.write_bytes(encode_palette(labels, colors + 0.3))
    np.testing.assert_array_equal(read_image(path).pixels, colors[labels - 1])
    if n_colors < 256:
        labels[3, 5] = 0
        path.write_bytes(encode_palette(labels, colors))
        picture = read_image(path)
        np.testing.assert_array_equal(picture.mask, labels > 0)
        np.testing.assert_array_equal(picture.pixels[picture.mask], colors[labels[labels > 0] - 1])


@pytest.mark.parametrize(
    ("labels", "colors", "message"),
    [
        ([[1, 3]], [[0, 0, 0]] * 2, "labels go to 3; expected at most the number of colors, 2"),
        ([1, 2], [[0, 0, 0]] * 2, r"labels have shape \(2,\); expected a plane"),
        ([[1]], [[0, 0]], r"colors have shape \(1, 2\); expected \(n, 3 or 4\), n from 1 to 256"),
        ([[0]], [[0, 0, 0]] * 256, "n from 1 to 255"),
        ([[1]], [[0, 0, 300]], "colors go from 0 to 300; expected 0 to 255"),
        ([[1]], [[0, 0, np.nan]], "colors go from nan to nan"),
    ],
)
def test_palettes_that_cannot_be_are_refused(labels: object, colors: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        encode_palette(labels, colors)
