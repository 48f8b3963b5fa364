"""Formats by their first bytes: those that are read, and the names of those that are not.

A whole file of another format is not "damaged": it is named, with what reads it.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from classicseg.extras.files.raw_blocks import GZIP_START, unpacked_head

READABLE = (
    "PNG, JPEG, TIFF, BMP, GIF, WebP, PGM, PPM, JPEG 2000, NIfTI, NRRD, MetaImage, DICOM, CZI, ND2, LIF or .npy"
)
_HEAD = 4096
_VOLUMES = "SimpleITK or nibabel"
_STARTS: tuple[tuple[bytes, str, str], ...] = (
    (b"\x89HDF\r\n\x1a\n", "HDF5", "h5py"),
    (b"CDF\x01", "netCDF", "scipy.io.netcdf_file"),
    (b"CDF\x02", "netCDF", "scipy.io.netcdf_file"),
    (b"MATLAB 5.0 MAT-file", "MATLAB", "scipy.io.loadmat"),
    (b"MATLAB 7.3 MAT-file", "MATLAB 7.3", "h5py"),
    (b"SIMPLE  =", "FITS", "astropy"),
    (b"%PDF", "PDF", "a converter"),
    (b"%!PS", "PostScript", "a converter"),
    (b"\xc5\xd0\xd3\xc6", "PostScript", "a converter"),
    (b"v/1\x01", "OpenEXR", "OpenEXR or OpenCV"),
    (b"8BPS", "Photoshop (PSD)", "a converter"),
    (b"gimp xcf", "GIMP (XCF)", "a converter"),
    (b"#?RADIANCE", "Radiance HDR", "OpenCV"),
    (b"#?RGBE", "Radiance HDR", "OpenCV"),
    (b"\xff\n", "JPEG XL", "imagecodecs"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL", "imagecodecs"),
    (b"II\xbc", "JPEG XR", "imagecodecs"),
    (b"IIRO", "Olympus raw (ORF)", "rawpy"),
    (b"IIRS", "Olympus raw (ORF)", "rawpy"),
    (b"IIU\0", "Panasonic raw (RW2)", "rawpy"),
    (b"FUJIFILMCCD-RAW", "Fujifilm raw (RAF)", "rawpy"),
    (b"DDS ", "DirectDraw Surface", "a converter"),
    (b"qoif", "QOI", "imagecodecs"),
    (b"\0\0\x01\0", "an icon (ICO)", "Pillow"),
    (b"\0\0\x02\0", "a cursor (CUR)", "Pillow"),
    (b"icns", "an icon (ICNS)", "Pillow"),
    (b"\x59\xa6\x6a\x95", "Sun raster", "Pillow"),
    (b"\x01\xda", "SGI image", "Pillow"),
    (b"\n\x05\x01\x08", "PCX", "Pillow"),
    (b"\x8aMNG", "MNG", "a converter"),
    (b"\x8bJNG", "JNG", "a converter"),
    (b"AT&TFORM", "DjVu", "a converter"),
    (b"GRIB", "GRIB", "cfgrib"),
    (b"NITF", "NITF", "GDAL"),
    (b"# vtk DataFile", "VTK", "SimpleITK or meshio"),
    (b"P7\n", "PAM", "OpenCV or a converter"),
    (b"PK\x03\x04", "a ZIP archive (.npz, …)", "numpy.load"),
    (b"PK\x05\x06", "a ZIP archive (.npz, …)", "numpy.load"),
    (b"7z\xbc\xaf", "a 7-Zip archive", "an unpacker"),
    (b"Rar!", "a RAR archive", "an unpacker"),
    (b"BZh", "compressed by bzip2", "bunzip2"),
    (b"\xfd7zXZ", "compressed by xz", "unxz"),
    (b"\x28\xb5\x2f\xfd", "compressed by Zstandard", "unzstd"),
    (b"\x1aE\xdf\xa3", "a film (Matroska, WebM)", "imageio"),
    (b"OggS", "a film or a sound (Ogg)", "imageio"),
)
_BRANDS = {
    b"heic": "HEIC", b"heix": "HEIC", b"hevc": "HEIC", b"heim": "HEIC", b"heis": "HEIC", b"hevx": "HEIC",
    b"mif1": "HEIF", b"msf1": "HEIF", b"avif": "AVIF", b"avis": "AVIF", b"crx ": "Canon raw (CR3)",
}  # fmt: skip

_UNPACKERS = ("gunzip", "bunzip2", "unxz", "unzstd")
_MENDS = {
    "a converter": "convert it",
    "an unpacker": "unpack it",
    "numpy.load": "unpack it, or load an .npz with numpy.load and save the array of the image as .npy",
    "the page's own link to the image": "save the image that the page shows",
} | {unpacker: f"unpack it with {unpacker}" for unpacker in _UNPACKERS}
"""What to do with a file, by what reads it, where that is no library of images."""


def name_of(head: bytes) -> tuple[str, str] | None:
    """The name of a format that is not read, and what reads it."""
    for start, name, reader in _STARTS:
        if head.startswith(start):
            return name, reader
    if head[4:8] == b"ftyp":
        brand = _BRANDS.get(head[8:12], "a film (MP4, QuickTime)")
        return brand, "rawpy" if "raw" in brand else "imageio" if "film" in brand else "pillow-heif or imagecodecs"
    if head[344:348] == b"ni1\0" or head[4:12] == b"ni2\0\r\n\x1a\n":
        return "NIfTI in two files (.hdr, .img)", _VOLUMES
    if head[:4] in (b"\x5c\x01\0\0", b"\0\0\x01\x5c") and len(head) >= 348:
        return "Analyze 7.5", _VOLUMES
    if head[208:212] == b"MAP ":
        return "MRC", "mrcfile"
    if head.startswith(b"RIFF") and head[8:12] in (b"AVI ", b"WAVE"):
        return "a film or a sound (RIFF)", "imageio"
    if head.startswith(GZIP_START):
        return _name_of_packed(head)
    return _name_of_text(head)


def _name_of_packed(head: bytes) -> tuple[str, str]:
    """What a compressed file holds, and what unpacks it."""
    inner = name_of(unpacked_head(head))
    return (f"{inner[0]} compressed by gzip", inner[1]) if inner else ("compressed by gzip", "gunzip")


def _name_of_text(head: bytes) -> tuple[str, str] | None:
    """The format of a file of text, and what reads it; None if it is none of these."""
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith((b"<svg", b"<?xml", b"<!DOCTYPE", b"<!--")) and b"<svg" in text:
        return "SVG", "a converter"
    if text[:14].lower().startswith((b"<!doctype html", b"<html")):
        return "a web page (HTML)", "the page's own link to the image"
    return None


def is_store(folder: Path) -> bool:
    """Whether a folder is a Zarr store, which is one image."""
    return any((folder / name).exists() for name in ("zarr.json", ".zarray", ".zgroup"))


def refuse_folder(folder: Path) -> str:
    """What to say of a folder."""
    if is_store(folder):
        return "a Zarr store, which is an image; expected a file; save it as TIFF or .npy"
    return "a folder; expected an image file; name the files in it"


def refuse_unknown(file: BinaryIO) -> str:
    """What to say of a file that is none of the formats that are read."""
    named = name_of(file.read(_HEAD))
    if named is not None:
        return f"{named[0]}: not read; expected {READABLE}; {_mend_of(named[1])}"
    return f"not an image, or damaged at its start; expected {READABLE}"


def _mend_of(reader: str) -> str:
    """What to do with a file of a format that is not read."""
    return _MENDS.get(reader, f"convert it, or load it with {reader} and pass the array")
