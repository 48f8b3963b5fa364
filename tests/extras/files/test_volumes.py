"""NIfTI, NRRD and MetaImage: values, spacing and place as their own readers see them, and labels written back."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from classicseg.extras.files import ImageFileError, read_image, read_markers, read_mask, write_labels

RNG = np.random.default_rng(0)
VALUES = RNG.integers(0, 2000, (4, 5, 6)).astype(np.int16)
LABELS = (VALUES > 900).astype(np.int32) + (VALUES > 1500)
OBLIQUE = np.array([[0, 2, 0, 5], [-0.6, 0, 0.8, 6], [0.8, 0, 0.6, 7], [0, 0, 0, 1.0]])
"""Axes at right angles, of steps 1, 2 and 1."""
SHEARED = OBLIQUE + np.array([[0, 0, 0.7, 0]] + [[0] * 4] * 3)


def nifti(
    path: Path, array: np.ndarray, affine: np.ndarray = OBLIQUE, kind: str = "Nifti1Image", **header
) -> Path:
    """An array of planes, rows and columns as nibabel writes it."""
    nibabel = pytest.importorskip("nibabel")
    image = nibabel.Nifti1Image(array.T, affine)
    for name, value in header.items():
        image.header[name] = value
    image.to_filename(path)
    return path


@pytest.mark.parametrize(
    ("kind", "suffix", "dtype"),
    [("Nifti1Image", "nii", dtype) for dtype in ("u1", "i2", ">i2", "u2", "i4", "f4", "f8")]
    + [("Nifti2Image", "nii", ">f4"), ("Nifti2Image", "nii.gz", "i2"), ("Nifti1Image", "nii.gz", "i2")],
)
def test_nifti_is_what_nibabel_reads_and_its_labels_are_there_again(tmp_path, kind, suffix, dtype):
    nibabel = pytest.importorskip("nibabel")
    order = {"endianness": ">"} if dtype.startswith(">") else {}
    header = getattr(nibabel, kind.replace("Image", "Header"))(**order)
    header.set_xyzt_units("mm")
    image = getattr(nibabel, kind)(VALUES.astype(dtype).T, OBLIQUE, header)
    image.to_filename(tmp_path / f"brain.{suffix}")
    image = nibabel.load(tmp_path / f"brain.{suffix}")  # its affine in 32 bits
    picture = read_image(tmp_path / f"brain.{suffix}")
    assert_array_equal(picture.pixels, VALUES.astype(dtype))
    assert picture.pixels.dtype.isnative
    assert picture.spacing == (1, 2, 1)
    assert (picture.geometry.axes, picture.geometry.frame, picture.geometry.unit) == ("ZYX", "RAS", "mm")
    place = picture.geometry.affine @ [3, 2, 1, 1]  # plane, row, column
    assert_allclose(place, OBLIQUE @ [1, 2, 3, 1], rtol=1e-6)
    path = write_labels(tmp_path / "labels", LABELS, like=picture)
    assert path.name == "labels.nii.gz"
    found = nibabel.load(path)
    assert type(found).__name__ == kind
    assert_array_equal(found.affine, image.affine)
    assert_array_equal(found.header.get_zooms(), image.header.get_zooms())
    assert found.header.get_xyzt_units()[0] == "mm"
    assert_array_equal(np.asarray(found.dataobj).T, LABELS)
    assert found.header.get_intent()[0] == "label"
    assert_array_equal(read_markers(path), LABELS)
    assert_array_equal(read_mask(path), LABELS > 0)


@given(
    st.lists(st.floats(-1, 1), min_size=3, max_size=3),
    st.sampled_from([-1, 1]),
    st.tuples(*[st.floats(0.1, 9)] * 3),
)
def test_a_qform_is_the_affine_that_nibabel_makes_of_it(tmp_path_factory, turn, side, voxel):
    nibabel = pytest.importorskip("nibabel")
    turn = np.array(turn) / max(1.0, float(np.linalg.norm(turn)) * 1.001)
    header = nibabel.Nifti1Header()
    header.set_data_shape((2, 3, 4))
    header["pixdim"][:4] = (side, *voxel)
    header["qform_code"], header["quatern_b"], header["quatern_c"], header["quatern_d"] = 1, *turn
    header["qoffset_x"] = 11.5
    path = tmp_path_factory.mktemp("q") / "a.nii"
    path.write_bytes(header.binaryblock + bytes(4) + bytes(4 * 24))
    picture = read_image(path)
    assert_allclose(picture.geometry.affine[:, [2, 1, 0, 3]], header.get_qform(), atol=1e-5)


@pytest.mark.parametrize(
    ("slope", "inter", "dtype"), [(1, -1024, "i2"), (2, 0, "i2"), (100, 0, "i4"), (0.5, 3, "f4")]
)
def test_rescaled_values_are_whole_where_they_can_be(tmp_path, slope, inter, dtype):
    nibabel = pytest.importorskip("nibabel")
    image = nibabel.Nifti1Image(VALUES.T, OBLIQUE)
    image.header.set_slope_inter(slope, inter)
    image.dataobj  # noqa: B018
    path = tmp_path / "a.nii"
    data = image.header.copy()
    data["scl_slope"], data["scl_inter"], data["vox_offset"] = slope, inter, 352
    path.write_bytes(data.binaryblock + bytes(4) + VALUES.tobytes())
    picture = read_image(path)
    assert picture.pixels.dtype == dtype
    assert_allclose(picture.pixels, VALUES * float(slope) + inter)
    assert_allclose(picture.pixels.T, nibabel.load(path).get_fdata())


def test_time_and_vectors_of_nifti(tmp_path):
    film = np.stack([VALUES, VALUES + 1])
    picture = read_image(nifti(tmp_path / "film.nii", film, pixdim=[1, 1, 2, 1, 2.5, 0, 0, 0]))
    assert (picture.pixels.shape, picture.channel_axis, picture.geometry.axes) == (film.shape, None, "TZYX")
    assert picture.spacing == (2.5, 1, 2, 1)
    vectors = np.stack([VALUES, VALUES + 1, VALUES + 2])[:, np.newaxis]
    picture = read_image(nifti(tmp_path / "vectors.nii", vectors))
    assert (picture.pixels.shape, picture.channel_axis, picture.geometry.axes) == ((3, 4, 5, 6), 0, "ZYX")
    assert_array_equal(read_image(tmp_path / "vectors.nii", channel=2).pixels, VALUES + 2)
    with pytest.raises(ImageFileError, match="has no channel 3; expected 0 to 2"):
        read_image(tmp_path / "vectors.nii", channel=3)
    plane = read_image(nifti(tmp_path / "plane.nii", VALUES[0]))
    assert (plane.pixels.shape, plane.spacing) == ((5, 6), (2, 1))


def test_a_shear_has_no_spacing_and_is_written_back(tmp_path):
    nibabel = pytest.importorskip("nibabel")
    picture = read_image(nifti(tmp_path / "a.nii", VALUES, SHEARED))
    assert picture.spacing is None
    assert picture.geometry.is_sheared
    path = write_labels(tmp_path / "b", LABELS, like=picture)
    assert_array_equal(nibabel.load(path).affine, nibabel.load(tmp_path / "a.nii").affine)


def simple(path: Path, array: np.ndarray, **options) -> Path:
    """An array as SimpleITK writes it, in an oblique place."""
    sitk = pytest.importorskip("SimpleITK")
    image = sitk.GetImageFromArray(array, isVector=options.pop("vector", False))
    image.SetSpacing([1.5, 2.0, 3.0][: image.GetDimension()])
    image.SetOrigin([10.0, 20.0, 30.0][: image.GetDimension()])
    if image.GetDimension() == 3:
        image.SetDirection([0.0, 1, 0, 0.6, 0, -0.8, 0.8, 0, 0.6])
    sitk.WriteImage(image, str(path), options.get("packed", False))
    return path


@pytest.mark.parametrize(
    ("name", "packed", "dtype"),
    [
        (name, packed, "i2")
        for name in ("a.nrrd", "a.nhdr", "a.mha", "a.mhd", "a.nii.gz")
        for packed in (False, True)
    ]
    + [(name, False, dtype) for name in ("a.nrrd", "a.mha") for dtype in ("u1", "u2", "i4", "f4", "f8")],
)
def test_volumes_are_what_simpleitk_reads_and_their_labels_are_there_again(tmp_path, name, packed, dtype):
    sitk = pytest.importorskip("SimpleITK")
    source = simple(tmp_path / name, VALUES.astype(dtype), packed=packed)
    picture = read_image(source)
    assert_array_equal(picture.pixels, VALUES.astype(dtype))
    assert picture.spacing == (3, 2, 1.5)
    image = sitk.ReadImage(str(source))
    place = picture.geometry.affine @ [3, 2, 1, 1]
    expected = np.array([*image.TransformContinuousIndexToPhysicalPoint([1.0, 2.0, 3.0]), 1])
    expected = expected * [-1, -1, 1, 1] if picture.geometry.frame == "RAS" else expected
    assert_allclose(place, expected, rtol=1e-6)
    labels = sitk.ReadImage(str(write_labels(tmp_path / "labels", LABELS, like=picture.geometry)))
    assert_array_equal(sitk.GetArrayFromImage(labels), LABELS)
    assert_allclose(labels.GetDirection(), image.GetDirection(), atol=1e-6)
    assert_allclose(labels.GetOrigin(), image.GetOrigin(), atol=1e-5)
    assert_allclose(labels.GetSpacing(), image.GetSpacing(), atol=1e-6)


@pytest.mark.parametrize("name", ["a.nrrd", "a.mha"])
def test_colors_of_volumes(tmp_path, name):
    sitk = pytest.importorskip("SimpleITK")
    colors = RNG.integers(0, 255, (4, 5, 6, 3)).astype("u1")
    source = simple(tmp_path / name, colors, vector=True)
    picture = read_image(source)
    assert (picture.channel_axis, picture.spacing) == (3, (3, 2, 1.5))
    assert_array_equal(picture.pixels, colors)
    labels = sitk.ReadImage(str(write_labels(tmp_path / "labels", LABELS, like=picture)))
    assert labels.GetOrigin() == sitk.ReadImage(str(source)).GetOrigin()
    assert_array_equal(sitk.GetArrayFromImage(labels), LABELS)


def test_nrrd_and_metaimage_as_text(tmp_path):
    words = " ".join(map(str, VALUES.ravel()))
    head = "NRRD0004\n# by hand\ntype: short\ndimension: 3\nsizes: 6 5 4\nencoding: ascii\nspacings: 1 2 nan\n\n"
    (tmp_path / "a.nrrd").write_text(head + words)
    picture = read_image(tmp_path / "a.nrrd")
    assert_array_equal(picture.pixels, VALUES)
    assert (picture.spacing, picture.geometry.frame) == ((1, 2, 1), None)
    head = "ObjectType = Image\nNDims = 3\nBinaryData = False\nDimSize = 6 5 4\nElementType = MET_SHORT\n"
    (tmp_path / "a.mha").write_text(f"{head}ElementSize = 1 2 3\nElementDataFile = LOCAL\n{words}")
    picture = read_image(tmp_path / "a.mha")
    assert_array_equal(picture.pixels, VALUES)
    assert picture.spacing == (3, 2, 1)


def test_numbers_outside_of_the_folder_are_not_read(tmp_path):
    (tmp_path / "secret.raw").write_bytes(VALUES.tobytes())
    (tmp_path / "in").mkdir()
    head = "NRRD0004\ntype: short\ndimension: 3\nsizes: 6 5 4\nencoding: raw\ndata file: ../secret.raw\n"
    (tmp_path / "in/a.nhdr").write_text(head)
    with pytest.raises(ImageFileError, match="outside of its folder"):
        read_image(tmp_path / "in/a.nhdr")
    (tmp_path / "in/a.nhdr").write_text(head.replace("../", ""))
    with pytest.raises(ImageFileError, match="which is not there"):
        read_image(tmp_path / "in/a.nhdr")


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "a.nrrd", "a.mha"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_volume_cut_anywhere_is_refused(tmp_path, name, packed):
    whole = simple(tmp_path / name, VALUES, packed=packed).read_bytes()
    for length in {1, 8, 60, 200, len(whole) // 2, len(whole) - 1}:
        (tmp_path / "b").write_bytes(whole[:length])
        with pytest.raises(ImageFileError):
            read_image(tmp_path / "b")


@pytest.mark.parametrize("name", ["a.nii.gz", "a.nrrd", "a.mha"])
def test_damaged_packed_numbers_are_refused(tmp_path, name):
    whole = bytearray(simple(tmp_path / name, VALUES, packed=True).read_bytes())
    whole[-6] ^= 255  # a checksum
    (tmp_path / "b").write_bytes(whole)
    with pytest.raises(ImageFileError, match="damaged"):
        read_image(tmp_path / "b")


@given(st.data())
def test_damaged_headers_are_refused_or_read(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("damaged")
    name = data.draw(st.sampled_from(["a.nii", "a.nrrd", "a.mha"]))
    whole = bytearray(simple(folder / name, VALUES).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, min(360, len(whole) - 1)))] = data.draw(st.integers(0, 255))
    (folder / "b").write_bytes(whole)
    try:
        read_image(folder / "b", max_pixels=10_000)
    except ImageFileError as error:
        assert str(folder / "b") in str(error)


def test_a_small_file_that_claims_much_takes_no_memory(tmp_path):
    head = bytearray(nifti(tmp_path / "a.nii", VALUES).read_bytes())
    head[42:48] = np.array([30000, 100, 100], "<i2").tobytes()
    (tmp_path / "b.nii.gz").write_bytes(gzip.compress(bytes(head)))
    with pytest.raises(ImageFileError, match="are declared"):
        read_image(tmp_path / "b.nii.gz")
    with pytest.raises(ImageFileError, match="expected at most 1000"):
        read_image(tmp_path / "b.nii.gz", max_pixels=1000)


def test_what_is_written_behind_the_numbers_is_passed_over(tmp_path):
    path = nifti(tmp_path / "a.nii", VALUES)
    pieces = [gzip.compress(path.read_bytes()[:400]), gzip.compress(path.read_bytes()[400:] + bytes(99))]
    (tmp_path / "b.nii.gz").write_bytes(b"".join(pieces) + bytes(64))  # in two pieces, and filled up
    assert_array_equal(read_image(tmp_path / "b.nii.gz").pixels, VALUES)


def test_labels_of_another_shape_or_of_no_place_are_refused(tmp_path):
    picture = read_image(nifti(tmp_path / "a.nii", VALUES))
    with pytest.raises(ValueError, match=r"labels have shape \(4, 5\), and the geometry is of \(4, 5, 6\)"):
        write_labels(tmp_path / "b", LABELS[..., 0], like=picture)
    with pytest.raises(TypeError, match="like is a str"):
        write_labels(tmp_path / "b", LABELS, like="a.nii")
    with pytest.raises(ValueError, match="values from -1"):
        write_labels(tmp_path / "b", LABELS - 1, like=picture)
    assert [path.name for path in tmp_path.iterdir()] == ["a.nii"]


@pytest.mark.parametrize("name", ["a.nii", "a.nrrd", "a.mha"])
@pytest.mark.parametrize("most", [2**8 - 1, 2**8, 2**15, 2**16, 2**31 - 1])
def test_labels_of_any_size_fit(tmp_path, name, most):
    labels = LABELS.copy()
    labels[0, 0, 0] = most
    path = write_labels(tmp_path / "labels", labels, like=read_image(simple(tmp_path / name, VALUES)))
    assert_array_equal(read_markers(path), labels)
    assert write_labels(path, labels, like=read_image(tmp_path / name)) == path


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"series": -1}, "series is -1; expected a whole number >= 0"),
        ({"series": "a"}, "series is 'a'"),
        ({"channel": 1.5}, "channel is 1.5"),
        ({"max_pixels": 0}, "max_pixels is 0"),
        ({"nodata": "none"}, "nodata is 'none'; expected a number, or several"),
        ({"nodata": [1, None]}, "nodata is "),
    ],
)
def test_options_of_no_sense_are_named(tmp_path, options, said):
    with pytest.raises((TypeError, ValueError), match=said):
        read_image(nifti(tmp_path / "a.nii", VALUES), **options)
    with pytest.raises(TypeError, match="path is 3; expected the path of a file"):
        read_image(3)


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch):
    picture = read_image(nifti(tmp_path / "a.nii", VALUES))
    write_labels(tmp_path / "b", LABELS, like=picture)
    before = (tmp_path / "b.nii.gz").read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(gzip.GzipFile, "write", full)
    with pytest.raises(OSError, match="No space left"):
        write_labels(tmp_path / "b", LABELS * 2, like=picture)
    assert (tmp_path / "b.nii.gz").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.nii", "b.nii.gz"]


def test_pairs_and_complex_numbers_are_named(tmp_path):
    nibabel = pytest.importorskip("nibabel")
    nibabel.Nifti1Pair(VALUES.T, OBLIQUE).to_filename(tmp_path / "pair.hdr")
    with pytest.raises(ImageFileError, match=r"NIfTI in two files \(.hdr, .img\): not read"):
        read_image(tmp_path / "pair.hdr")
    with pytest.raises(ImageFileError, match="holds complex numbers, which is not supported"):
        read_image(nifti(tmp_path / "a.nii", VALUES.astype("c8")))
