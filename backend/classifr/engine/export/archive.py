"""A trained model to take away: the ONNX file, its labels, what it is, and how to run it."""

import io
import json
import zipfile

from classifr.engine.backbones.backbone import Backbone
from classifr.engine.classifier import Classifier
from classifr.engine.export.graph import OUTPUT, export_onnx
from classifr.engine.images.preprocessing import PREPROCESSING_VERSION

# The earliest that a zip archive can name; a real one would change the bytes.
_DATE = (1980, 1, 1, 0, 0, 0)
_ORDINARY_FILE = 0o100644

_EXAMPLE = '''"""python example.py photo.jpg; needs: pip install onnxruntime pillow"""
import sys
import numpy, onnxruntime
from PIL import Image, ImageOps

photo = sys.argv[1] if len(sys.argv) == 2 else sys.exit(__doc__)
session = onnxruntime.InferenceSession("model.onnx")
image = Image.open(photo)
image.draft(None, (2 * SIZE, 2 * SIZE))
image = ImageOps.exif_transpose(image)
if image.has_transparency_data:
    image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
pixels = numpy.asarray(image.convert("RGB").resize((SIZE, SIZE), Image.Resampling.BICUBIC))
(answers,) = session.run(["OUTPUT"], {"INPUT": pixels[None]})
tags = open("labels.txt", encoding="utf-8").read().splitlines()
for probability, tag in sorted(zip(answers[0].tolist(), tags), reverse=True):
    print(f"{probability:.4f} {tag}")
'''


def export_archive(
    classifier: Classifier, backbone: Backbone, backbone_model: bytes, *, iteration: str
) -> bytes:
    """A zip of model.onnx, labels.txt, metadata.json and example.py; equal models, equal bytes.

    Raises: ExportImpossible.
    """
    files = {
        "model.onnx": export_onnx(classifier, backbone, backbone_model, iteration=iteration),
        "labels.txt": labels_text(classifier).encode(),
        "metadata.json": metadata_text(classifier, backbone, iteration).encode(),
        "example.py": example_text(backbone).encode(),
    }
    buffer = io.BytesIO()
    # Weights hardly compress, and what is stored does not depend on the version of zlib.
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, _DATE)
            entry.create_system = 3  # Unix, wherever this runs.
            entry.external_attr = _ORDINARY_FILE << 16
            archive.writestr(entry, data)
    return buffer.getvalue()


def labels_text(classifier: Classifier) -> str:
    """The tags in the order of the output, a line each; a line break in a tag becomes a space."""
    return "".join(f"{' '.join(tag.splitlines())}\n" for tag in classifier.tags)


def metadata_text(classifier: Classifier, backbone: Backbone, iteration: str) -> str:
    """What the model is and how to feed it, as JSON."""
    size = backbone.input_size
    record = {
        "iteration": iteration,
        "kind": str(classifier.head.kind),
        "tags": list(classifier.tags),
        "input": {"name": backbone.input_name, "shape": ["batch", size, size, 3], "type": "uint8"},
        "output": {"name": OUTPUT, "shape": ["batch", len(classifier.tags)], "type": "float32"},
        "preprocessing": {
            "version": PREPROCESSING_VERSION,
            "steps": [
                "upright by the EXIF orientation",
                "transparency on white, RGB",
                f"the whole image squeezed to {size} x {size} pixels, bicubic (Pillow)",
            ],
        },
        "backbone": {
            "name": backbone.name,
            "revision": backbone.revision,
            "licence": backbone.licence,
        },
    }
    return json.dumps(record, indent=2, ensure_ascii=False) + "\n"


def example_text(backbone: Backbone) -> str:
    """A script that classifies a photo as we do, with onnxruntime and Pillow alone."""
    names = {
        "SIZE": str(backbone.input_size),
        "OUTPUT": OUTPUT,
        "INPUT": backbone.input_name,
    }
    text = _EXAMPLE
    for name, value in names.items():
        text = text.replace(name, value)
    return text
