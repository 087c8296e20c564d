"""The exported file: the same answers as ours, by others' means."""

import io
import json
import subprocess
import sys
import zipfile

import numpy as np
import onnx
import onnxruntime
import pytest
from PIL import Image, ImageFilter, ImageOps

from classifr.engine.backbones.backbone import EFFICIENTNET_LITE0
from classifr.engine.backbones.session import BackboneSession
from classifr.engine.classifier import Classifier, classify
from classifr.engine.export.archive import export_archive
from classifr.engine.export.graph import export_onnx
from classifr.engine.images.preprocessing import preprocess
from classifr.engine.learning.head import Head, HeadKind
from classifr.engine.learning.novelty import Novelty

TAGS = ("plain", "rotated", "crème brûlée")
TOLERANCE = 1e-5
#: A backbone that gives zeros, (n, 1280).
ZEROS = """<ir_version: 8, opset_import: ["" : 17]>
zeros (uint8[n, h, w, 3] image) => (float[n, d] embedding)
{ f = Cast<to: int = 1>(image)  z = Sub(f, f)
  m = ReduceMax<axes = [1, 2, 3], keepdims = 0>(z)
  a = Constant<value_ints: ints = [1]>()  u = Unsqueeze(m, a)
  t = Constant<value_ints: ints = [1, 1280]>()  embedding = Tile(u, t) }"""


def photos(picture) -> list[bytes]:
    """Files of several formats, modes and orientations."""
    files = []
    for number, (mode, kind) in enumerate(
        [
            ("RGB", "JPEG"),
            ("RGB", "PNG"),
            ("RGBA", "PNG"),
            ("L", "JPEG"),
            ("P", "PNG"),
            ("RGB", "JPEG"),
        ]
    ):
        pixels = np.roll(picture(420 + 90 * number, 700), 60 * number, axis=0)
        image = Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(3 * number))
        image = ImageOps.solarize(image, 50 * number)
        exif = Image.Exif()
        if number == 5:
            image, exif[0x0112] = image.resize((2400, 1800)), 6
        image = image.convert(mode)
        if mode == "RGBA":
            image.putalpha(Image.linear_gradient("L").resize(image.size))
        file = io.BytesIO()
        image.save(file, kind, exif=exif)
        files.append(file.getvalue())
    return files


@pytest.fixture(scope="module")
def session(backbone_model) -> BackboneSession:
    return BackboneSession(EFFICIENTNET_LITE0, backbone_model)


@pytest.fixture(scope="module", params=HeadKind)
def classifier(request) -> Classifier:
    random = np.random.default_rng(1)
    weights = random.normal(scale=4, size=(1280, 3)).astype(np.float32)
    head = Head(request.param, weights, np.array([0.5, -0.5, 1], np.float32), 0.8)
    novelty = Novelty(np.eye(3, 1280, dtype=np.float32), 0.3)
    return Classifier(TAGS, EFFICIENTNET_LITE0.key, head, novelty)


@pytest.fixture(scope="module")
def exported(classifier, backbone_model) -> bytes:
    return export_onnx(classifier, EFFICIENTNET_LITE0, backbone_model, iteration="Iteration 1")


def test_exported_file_answers_as_we_do(exported, classifier, session, picture):
    pixels = np.stack(
        [preprocess(photo, EFFICIENTNET_LITE0.input_size) for photo in photos(picture)]
    )
    ours = classify(classifier, session.embeddings(pixels)).probabilities

    theirs = onnxruntime.InferenceSession(exported).run(["probabilities"], {"image": pixels})[0]

    assert theirs.shape == (6, 3)
    assert ours.std(axis=0).max() > 0.01
    np.testing.assert_allclose(theirs, ours, rtol=0, atol=TOLERANCE)


def test_embedding_of_zeros_gives_no_nan(classifier):
    graph = onnx.parser.parse_model(ZEROS)
    exported = export_onnx(
        classifier, EFFICIENTNET_LITE0, graph.SerializeToString(), iteration="zeros"
    )
    pixels = np.zeros((1, 320, 320, 3), np.uint8)

    (found,) = onnxruntime.InferenceSession(exported).run(None, {"image": pixels})

    ours = classify(classifier, np.zeros((1, 1280), np.float32)).probabilities
    np.testing.assert_allclose(found, ours, rtol=0, atol=TOLERANCE)


def test_exported_file_says_what_it_is(exported, classifier):
    session = onnxruntime.InferenceSession(exported)
    (image,), (output,) = session.get_inputs(), session.get_outputs()
    metadata = session.get_modelmeta().custom_metadata_map

    assert (image.type, image.shape) == ("tensor(uint8)", ["batch", 320, 320, 3])
    assert (output.name, output.shape) == ("probabilities", ["batch", 3])
    assert json.loads(metadata["tags"]) == list(TAGS)
    assert metadata["kind"] == classifier.head.kind
    assert metadata["iteration"] == "Iteration 1"
    assert metadata["licence"] == "Apache-2.0"
    assert metadata["revision"] == EFFICIENTNET_LITE0.revision
    assert "bicubic" in metadata["preprocessing"]


def test_exported_file_leaves_out_the_classes_of_imagenet(exported, backbone_model):
    # The layer to a thousand classes takes 5 MB, the head next to nothing.
    assert len(exported) < len(backbone_model) - 5_000_000


def test_archive_is_the_same_to_a_bit_each_time(classifier, backbone_model, monkeypatch):
    first = export_archive(classifier, EFFICIENTNET_LITE0, backbone_model, iteration="1")
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    assert export_archive(classifier, EFFICIENTNET_LITE0, backbone_model, iteration="1") == first


def test_example_in_the_archive_answers_as_we_do(
    classifier, backbone_model, session, picture, tmp_path
):
    archive = export_archive(classifier, EFFICIENTNET_LITE0, backbone_model, iteration="1")
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        files.extractall(tmp_path)
    metadata = json.loads((tmp_path / "metadata.json").read_text(encoding="utf-8"))
    assert metadata["tags"] == list(TAGS)
    assert len((tmp_path / "example.py").read_text().splitlines()) <= 17
    alone = subprocess.run(
        [sys.executable, "example.py"],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert alone.returncode == 1
    assert alone.stderr.startswith("python example.py photo.jpg; needs: ")
    for number, photo in enumerate(photos(picture)):
        path = tmp_path / f"photo-{number}"
        path.write_bytes(photo)
        run = subprocess.run(
            [sys.executable, "example.py", str(path)],
            cwd=tmp_path,
            env={"PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
        found = {
            tag: float(value)
            for value, tag in (line.split(" ", 1) for line in run.stdout.splitlines())
        }
        pixels = preprocess(photo, EFFICIENTNET_LITE0.input_size)
        ours = classify(classifier, session.embeddings(pixels[np.newaxis])).probabilities[0]
        # It prints four digits.
        assert found == pytest.approx(dict(zip(TAGS, ours.tolist(), strict=True)), abs=6e-5)


def test_line_break_in_a_tag_is_no_second_label(classifier, backbone_model):
    odd = Classifier(
        ("a\nb", "c", "d"), classifier.backbone_key, classifier.head, classifier.novelty
    )
    archive = export_archive(odd, EFFICIENTNET_LITE0, backbone_model, iteration="1")
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        assert files.read("labels.txt").decode().splitlines() == ["a b", "c", "d"]
