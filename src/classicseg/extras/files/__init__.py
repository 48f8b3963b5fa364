"""Image files in, as they are; results out, whole or not at all."""

from classicseg.extras.files.geometry import Geometry
from classicseg.extras.files.label_files import write_labels
from classicseg.extras.files.outputs import check_outputs
from classicseg.extras.files.palettes import encode_palette
from classicseg.extras.files.pictures import MAX_PIXELS, ImageFileError, Picture
from classicseg.extras.files.reading import read_image, read_labels, read_markers, read_mask
from classicseg.extras.files.writing import replacing, write_image, write_json, write_table

__all__ = [
    "MAX_PIXELS",
    "Geometry",
    "ImageFileError",
    "Picture",
    "check_outputs",
    "encode_palette",
    "read_image",
    "read_labels",
    "read_markers",
    "read_mask",
    "replacing",
    "write_image",
    "write_json",
    "write_labels",
    "write_table",
]
