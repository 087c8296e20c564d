"""The backbone: its numbers against the reference, its file against damage and races."""

import hashlib
import json
import multiprocessing
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from classifr.engine.backbones import file as backbone_file
from classifr.engine.backbones.backbone import EFFICIENTNET_LITE0
from classifr.engine.backbones.file import load_efficientnet_lite0
from classifr.engine.backbones.session import BackboneSession

CANONICAL = json.loads((Path(__file__).parent / "canonical_vectors.json").read_text())
#: Between torch and ONNX Runtime, float32 on different convolution kernels; 6e-6 was measured.
TOLERANCE = 3e-5


@pytest.mark.parametrize("canonical", CANONICAL["images"], ids=lambda image: f"{image['width']} px")
def test_embedding_and_logits_are_those_of_the_reference(canonical, picture, backbone_model):
    pixels = picture(canonical["height"], canonical["width"])
    assert hashlib.sha256(pixels.tobytes()).hexdigest() == canonical["sha256"]

    session = onnxruntime.InferenceSession(backbone_model, providers=["CPUExecutionProvider"])
    embeddings, logits = session.run(["embedding", "logits"], {"image": pixels[np.newaxis]})

    assert embeddings.shape == (1, EFFICIENTNET_LITE0.dimension)
    assert logits.shape == (1, 1000)
    close = {"rtol": 0, "atol": TOLERANCE}
    np.testing.assert_allclose(embeddings[0, ::64], canonical["every_64th_of_embedding"], **close)
    np.testing.assert_allclose(logits[0, ::50], canonical["every_50th_logit"], **close)
    np.testing.assert_allclose(
        np.linalg.norm(embeddings), canonical["embedding_norm"], rtol=0, atol=1e-4
    )
    top = np.argsort(-logits[0])[:5]
    assert top.tolist() == canonical["top_classes"]
    np.testing.assert_allclose(logits[0, top], canonical["top_logits"], **close)


def test_several_images_at_once_get_the_logits_they_get_alone(picture, backbone_model):
    session = BackboneSession(EFFICIENTNET_LITE0, backbone_model)
    images = np.stack([picture(320, 320), picture(320, 320)[::-1]])

    together = session.logits(images)

    for image, logits in zip(images, together, strict=True):
        alone = session.logits(image[np.newaxis])[0]
        np.testing.assert_allclose(logits, alone, rtol=0, atol=TOLERANCE)


def test_second_load_reuses_the_file(tmp_path, backbone_model, monkeypatch):
    first = load_efficientnet_lite0(tmp_path)
    monkeypatch.setattr(backbone_file, "_build", _must_not_build)

    assert load_efficientnet_lite0(tmp_path) == first == backbone_model


def _must_not_build(*_: object) -> bytes:
    raise AssertionError("built although an intact file was there")


@pytest.mark.parametrize("damage", ["flipped bit", "cut short", "no record", "other revision"])
def test_damaged_or_outdated_file_is_built_again(tmp_path, damage):
    intact = load_efficientnet_lite0(tmp_path)
    model = tmp_path / "efficientnet-lite0.onnx"
    record = tmp_path / "efficientnet-lite0.json"
    match damage:
        case "flipped bit":
            middle = len(intact) // 2
            changed = bytes([intact[middle] ^ 1])
            model.write_bytes(intact[:middle] + changed + intact[middle + 1 :])
        case "cut short":
            model.write_bytes(intact[:1000])
        case "no record":
            record.unlink()
        case "other revision":
            record.write_text(record.read_text().replace('"57934424-1"', '"57934424-0"'))

    assert load_efficientnet_lite0(tmp_path) == intact
    assert model.read_bytes() == intact
    assert json.loads(record.read_text())["revision"] == EFFICIENTNET_LITE0.revision


def test_failed_write_leaves_nothing_behind(tmp_path, monkeypatch):
    def no_room(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", no_room)

    with pytest.raises(OSError, match="No space left"):
        load_efficientnet_lite0(tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_two_processes_may_build_at_once(tmp_path, backbone_model):
    context = multiprocessing.get_context("spawn")
    with context.Pool(2) as pool:
        digests = pool.map(_load_and_hash, [tmp_path, tmp_path], chunksize=1)

    expected = hashlib.sha256(backbone_model).hexdigest()
    assert digests == [expected, expected]
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["efficientnet-lite0.json", "efficientnet-lite0.onnx"]
    assert json.loads((tmp_path / "efficientnet-lite0.json").read_text())["sha256"] == expected


def _load_and_hash(folder: Path) -> str:
    return hashlib.sha256(load_efficientnet_lite0(folder)).hexdigest()


def test_session_gives_the_embeddings_of_the_reference(picture, backbone_model):
    session = BackboneSession(EFFICIENTNET_LITE0, backbone_model)
    canonical = CANONICAL["images"][0]
    pixels = picture(canonical["height"], canonical["width"])

    embeddings = session.embeddings(pixels[np.newaxis])

    assert (embeddings.shape, embeddings.dtype) == ((1, 1280), np.float32)
    np.testing.assert_allclose(
        embeddings[0, ::64], canonical["every_64th_of_embedding"], rtol=0, atol=TOLERANCE
    )
