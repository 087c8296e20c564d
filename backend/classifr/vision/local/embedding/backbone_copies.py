"""Copies of backbones that people brought, so that models made with them go on answering.

The file may be moved and the setting changed; a published model still needs its own backbone.
"""

import hashlib
import json
import re
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path

from classifr.engine.backbones.backbone import Backbone

_MODEL = "model.onnx"
_RECORD = "backbone.json"
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def keep_copy(folder: Path, backbone: Backbone, model: bytes) -> None:
    """Keep the backbone below `folder`, unless an intact copy is there. Raises: OSError.

    Several processes may do this at once.
    """
    if read_copy(folder, backbone.key) is not None:
        return
    place = _place(folder, backbone.key)
    folder.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(dir=folder, prefix=".partial-"))
    try:
        (partial / _MODEL).write_bytes(model)
        (partial / _RECORD).write_text(json.dumps(_record(backbone, model)), "utf-8")
        if place.exists():  # A damaged one.
            shutil.rmtree(place, ignore_errors=True)
        partial.rename(place)
    except OSError:
        if read_copy(folder, backbone.key) is None:  # Nobody else did it meanwhile.
            raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def read_copy(folder: Path, key: str) -> tuple[Backbone, bytes] | None:
    """The backbone of this key and its ONNX file; None without an intact copy."""
    place = _place(folder, key)
    try:
        model = (place / _MODEL).read_bytes()
        record = json.loads((place / _RECORD).read_bytes())
        digest = record.pop("sha256")
        lists = {name: tuple(value) for name, value in record.items() if isinstance(value, list)}
        backbone = Backbone(**record | lists)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    is_intact = digest == hashlib.sha256(model).hexdigest() and backbone.key == key
    return (backbone, model) if is_intact else None


def _place(folder: Path, key: str) -> Path:
    # The digest tells apart what looks the same once it is safe as a name.
    digest = hashlib.sha256(key.encode()).hexdigest()[:12]
    return folder / f"{_UNSAFE.sub('_', key)[:80]}-{digest}"


def _record(backbone: Backbone, model: bytes) -> dict[str, object]:
    return asdict(backbone) | {"sha256": hashlib.sha256(model).hexdigest()}
