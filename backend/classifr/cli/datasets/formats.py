"""The forms in which a project's images can be written."""

from enum import StrEnum


class ExportFormat(StrEnum):
    FOLDERS = "folders"  #: A folder for each tag, and labels.csv; what `import` reads.
    COCO = "coco"  #: annotations.json and a folder of images.
    IMAGEFOLDER = "imagefolder"  #: What Hugging Face's `datasets` loads.
