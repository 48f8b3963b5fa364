"""Labels for other programs: outlines, run lengths and volumes, in the formats that these read."""

from classicseg.extras.exports.coco import write_coco
from classicseg.extras.exports.dicom_seg import write_dicom_seg
from classicseg.extras.exports.geojson import write_geojson, write_qupath
from classicseg.extras.exports.imagej import write_imagej_rois
from classicseg.extras.exports.nifti import write_nifti
from classicseg.extras.exports.ome_zarr import write_ome_zarr
from classicseg.extras.exports.yolo import write_yolo

__all__ = [
    "write_coco",
    "write_dicom_seg",
    "write_geojson",
    "write_imagej_rois",
    "write_nifti",
    "write_ome_zarr",
    "write_qupath",
    "write_yolo",
]
