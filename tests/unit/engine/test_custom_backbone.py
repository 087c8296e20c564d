"""Backbones that people bring, made here: two means of each colour plane."""

import hashlib
import json

import numpy as np
import onnx
import pytest

from classifr.engine.backbones.backbone import EFFICIENTNET_LITE0
from classifr.engine.backbones.custom import load_custom_backbone
from classifr.engine.backbones.record import BackboneRecordInvalid
from classifr.engine.backbones.session import BackboneSession, LogitsMissing

HEADER = '<ir_version: 8, opset_import: ["" : 17]>'
#: Float planes in, (n, 3) out.
NCHW = f"""{HEADER} net (float[n, 3, 8, 8] pixel_values) => (float[n, 3] pooled)
{{ pooled = ReduceMean<axes = [2, 3], keepdims = 0>(pixel_values) }}"""
#: Float planes in, (n, 64, 3) out: a token a pixel.
TOKENS = f"""{HEADER} net (float[n, 3, 8, 8] pixel_values) => (float[n, 64, 3] tokens)
{{ s = Constant<value_ints: ints = [0, 3, 64]>()  r = Reshape(pixel_values, s)
   tokens = Transpose<perm = [0, 2, 1]>(r) }}"""
#: Pixels in, as ours takes them.
NHWC = f"""{HEADER} net (uint8[n, h, w, 3] image) => (float[n, 3] pooled)
{{ f = Cast<to: int = 1>(image)  pooled = ReduceMean<axes = [1, 2], keepdims = 0>(f) }}"""


def write(folder, source, **changes):
    """The model and its record in a folder; a change to None leaves the field out."""
    model = onnx.parser.parse_model(source).SerializeToString()
    (folder / "model.onnx").write_bytes(model)
    record = {
        "name": "means",
        "model": "model.onnx",
        "sha256": hashlib.sha256(model).hexdigest(),
        "input": "pixel_values",
        "layout": "NCHW",
        "input_size": 8,
        "mean": [1.0, 2.0, 3.0],
        "std": [2.0, 4.0, 8.0],
        "embedding_output": "pooled",
        "dimension": 3,
        "licence": "MIT",
    } | changes
    kept = {name: value for name, value in record.items() if value is not None}
    (folder / "record.json").write_text(json.dumps(kept))
    return folder


@pytest.fixture
def images():
    return np.random.default_rng(1).integers(0, 256, (4, 8, 8, 3), np.uint8)


def test_float_planes_are_fed_with_normalised_pixels(tmp_path, images):
    backbone, model = load_custom_backbone(write(tmp_path, NCHW))

    found = BackboneSession(backbone, model).embeddings(images)

    expected = ((images - np.array([1, 2, 3.0])) / [2, 4, 8]).mean(axis=(1, 2))
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert (backbone.name, backbone.dimension, backbone.licence) == ("means", 3, "MIT")


def test_one_mean_serves_all_planes(tmp_path, images):
    backbone, model = load_custom_backbone(write(tmp_path, NCHW, mean=127.5, std=127.5))

    found = BackboneSession(backbone, model).embeddings(images)

    np.testing.assert_allclose(found, (images / 127.5 - 1).mean(axis=(1, 2)), atol=1e-5)


def test_one_token_of_several_can_be_the_embedding(tmp_path, images):
    folder = write(tmp_path, TOKENS, embedding_output="tokens", token=10, mean=0, std=1)
    backbone, model = load_custom_backbone(folder)

    # Of rows of 8, pixel 10 is in the second, third from the left.
    found = BackboneSession(backbone, model).embeddings(images)

    np.testing.assert_array_equal(found, images[:, 1, 2].astype(np.float32))


def test_pixels_are_taken_as_they_are(tmp_path, images):
    folder = write(tmp_path, NHWC, layout="NHWC", input="image", mean=None, std=None)
    backbone, model = load_custom_backbone(folder)

    assert model == (tmp_path / "model.onnx").read_bytes()
    found = BackboneSession(backbone, model).embeddings(images)
    np.testing.assert_allclose(found, images.mean(axis=(1, 2)), rtol=1e-5)


def test_record_can_be_named_itself(tmp_path):
    folder = write(tmp_path, NCHW)
    assert load_custom_backbone(str(folder / "record.json")) == load_custom_backbone(str(folder))


def test_it_has_no_classes_of_its_own(tmp_path, images):
    backbone, model = load_custom_backbone(write(tmp_path, NCHW))
    with pytest.raises(LogitsMissing):
        BackboneSession(backbone, model).logits(images)


def test_key_changes_with_whatever_changes_the_embeddings(tmp_path):
    keys = {EFFICIENTNET_LITE0.key}
    for source, changes in [
        (NCHW, {}),
        (NCHW.replace("Mean", "Max"), {}),
        (NCHW, {"mean": 0}),
        (NCHW, {"std": 1}),
        (NCHW, {"name": "other"}),
        (TOKENS, {"embedding_output": "tokens", "token": 0}),
        (TOKENS, {"embedding_output": "tokens", "token": 1}),
    ]:
        keys.add(load_custom_backbone(write(tmp_path, source, **changes))[0].key)
    assert len(keys) == 8
    licence = load_custom_backbone(write(tmp_path, NCHW, licence="other"))[0]
    assert licence.key in keys


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        *[
            ({name: None}, f'lacks "{name}"')
            for name in ("name", "model", "sha256", "input", "layout", "input_size", "mean", "std")
        ],
        ({"embedding_output": None}, 'lacks "embedding_output"'),
        ({"dimension": None}, 'lacks "dimension"'),
        ({"licence": None}, 'lacks "licence"'),
        ({"sha256": "0" * 64}, "has the SHA-256"),
        ({"model": "other.onnx"}, "other.onnx cannot be read"),
        ({"layout": "HWC"}, '"layout" must be'),
        ({"input_size": "8"}, '"input_size" must be'),
        ({"input_size": True}, '"input_size" must be'),
        ({"std": 0}, '"std" must be'),
        ({"mean": [1, 2]}, '"mean" must be'),
        ({"mean": ["a", 1, 2]}, '"mean" must be'),
        ({"input": "x"}, "no input x; it has pixel_values"),
        ({"embedding_output": "x"}, "no output x; it has pooled"),
        ({"dimension": 4}, r"not \(2, 4\)"),
    ],
)
def test_wrong_record_is_refused_with_the_reason(tmp_path, changes, sentence):
    with pytest.raises(BackboneRecordInvalid, match=sentence):
        load_custom_backbone(write(tmp_path, NCHW, **changes))


def test_size_the_model_cannot_take_is_refused(tmp_path):
    folder = write(tmp_path, TOKENS, embedding_output="tokens", token=0, input_size=9)
    with pytest.raises(BackboneRecordInvalid, match="does not run as its record says"):
        load_custom_backbone(folder)


def test_missing_record_is_refused(tmp_path):
    with pytest.raises(BackboneRecordInvalid, match=r"record.json cannot be read"):
        load_custom_backbone(tmp_path)


@pytest.mark.parametrize("text", ["{", "[]", "\xff"])
def test_record_that_is_no_json_object_is_refused(tmp_path, text):
    (tmp_path / "record.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(BackboneRecordInvalid, match="JSON"):
        load_custom_backbone(tmp_path)


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_file_that_is_no_model_is_refused(tmp_path, layout):
    data = b"\x00not a model"
    write(tmp_path, NCHW, sha256=hashlib.sha256(data).hexdigest(), layout=layout)
    (tmp_path / "model.onnx").write_bytes(data)
    with pytest.raises(BackboneRecordInvalid, match=r"model\.onnx"):
        load_custom_backbone(tmp_path)


def test_model_that_gives_no_numbers_is_refused(tmp_path):
    source = NCHW.replace("pooled = ReduceMean", "m = ReduceMean").replace(
        "(pixel_values) }", "(pixel_values)  z = Sub(m, m)  pooled = Div(z, z) }"
    )
    with pytest.raises(BackboneRecordInvalid, match="finite"):
        load_custom_backbone(write(tmp_path, source))


def test_remote_name_says_to_download_first():
    with pytest.raises(BackboneRecordInvalid, match="Download its ONNX file first"):
        load_custom_backbone("hf:facebook/dinov2-small")
