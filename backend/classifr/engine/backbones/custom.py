"""Backbones that people bring, in place of ours."""

import hashlib
import json
from pathlib import Path

import numpy as np

from classifr.engine.backbones.backbone import Backbone
from classifr.engine.backbones.record import (
    BackboneRecord,
    BackboneRecordInvalid,
    Layout,
    read_record,
)
from classifr.engine.backbones.session import BackboneSession

RECORD_NAME = "record.json"
_REMOTE = "hf:"
_WRAPPED_INPUT = "classifr_image"
_WRAPPED_OUTPUT = "classifr_embedding"


def load_custom_backbone(location: str | Path) -> tuple[Backbone, bytes]:
    """The backbone and an ONNX file that takes (N, size, size, 3) uint8, tried once.

    location: the record, or the folder in which it is `record.json`.
    Raises: BackboneRecordInvalid.
    """
    path = _record_path(str(location))
    record = read_record(path)
    model_path = path.parent / record.model
    try:
        model = model_path.read_bytes()
    except OSError as error:
        raise BackboneRecordInvalid(f"{model_path} cannot be read: {error.strerror}") from error
    digest = hashlib.sha256(model).hexdigest()
    if digest != record.sha256:
        raise BackboneRecordInvalid(
            f"{model_path} has the SHA-256 {digest}, not the one in {path.name}. "
            "Download it again, or correct the record if the file is the right one."
        )
    backbone = _backbone(record)
    if _is_wrapped(record):
        model = _wrap(model, record, backbone, model_path)
    _try(backbone, model, model_path)
    return backbone, model


def read_custom_backbone(location: str | Path) -> Backbone:
    """The backbone as its record says, without its ONNX file. Raises: BackboneRecordInvalid."""
    return _backbone(read_record(_record_path(str(location))))


def _record_path(location: str) -> Path:
    if location.startswith(_REMOTE):
        raise BackboneRecordInvalid(
            f"{location} is not on this machine. Download its ONNX file first, write a "
            f"{RECORD_NAME} beside it, and name that folder instead."
        )
    path = Path(location)
    return path / RECORD_NAME if path.is_dir() else path


def _is_wrapped(record: BackboneRecord) -> bool:
    return record.layout is Layout.NCHW or record.token is not None


def _wrap(model: bytes, record: BackboneRecord, backbone: Backbone, path: Path) -> bytes:
    # Importing onnx is slow, and only needed here.
    from classifr.engine.backbones.wrapping import WrappingImpossible, wrap_model  # noqa: PLC0415

    try:
        return wrap_model(model, record, backbone)
    except WrappingImpossible as error:
        raise BackboneRecordInvalid(f"{path}: {error}") from error


def _backbone(record: BackboneRecord) -> Backbone:
    # Whatever changes the embeddings changes the revision, not the file's digest alone.
    uses = [record.sha256, record.layout, record.input_size, record.mean, record.std]
    uses += [record.embedding_output, record.token]
    return Backbone(
        name=record.name,
        input_size=record.input_size,
        mean=record.mean,
        std=record.std,
        input_name=_WRAPPED_INPUT if _is_wrapped(record) else record.input,
        embedding_output=_WRAPPED_OUTPUT if _is_wrapped(record) else record.embedding_output,
        logits_output=None,
        dimension=record.dimension,
        licence=record.licence,
        revision=hashlib.sha256(json.dumps(uses).encode()).hexdigest()[:16],
    )


def _try(backbone: Backbone, model: bytes, path: Path) -> None:
    """One run on two images of grey. Raises: BackboneRecordInvalid."""
    size = backbone.input_size
    try:
        session = BackboneSession(backbone, model)
        embeddings = session.embeddings(np.full((2, size, size, 3), 127, np.uint8))
    except Exception as error:  # ONNX Runtime raises classes of its own, without a common base.
        raise BackboneRecordInvalid(f"{path} does not run as its record says: {error}") from error
    if embeddings.shape != (2, backbone.dimension):
        raise BackboneRecordInvalid(
            f"{path}: two images give {embeddings.shape}, not (2, {backbone.dimension})"
        )
    if embeddings.dtype != np.float32 or not np.isfinite(embeddings).all():
        raise BackboneRecordInvalid(f"{path} does not give finite float32 values")
