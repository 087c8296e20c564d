"""A small backbone that tests make for themselves."""

import hashlib
import json
from pathlib import Path

import onnx

# Pixels in, the mean of each colour out, as if three numbers were an embedding.
_MEANS = """<ir_version: 8, opset_import: ["" : 17]>
net (uint8[n, h, w, 3] image) => (float[n, 3] pooled) {
    values = Cast<to: int = 1>(image)
    pooled = ReduceMean<axes = [1, 2], keepdims = 0>(values)
}"""
_DARKER = _MEANS.replace("pooled = ReduceMean", "whole = ReduceMean").replace(
    "}", "half = Constant<value_float: float = 0.5>() pooled = Mul(whole, half) }"
)


def write_backbone(folder: Path, *, name: str = "means", is_darker: bool = False) -> Path:
    """The folder of a backbone with a dimension of three. is_darker: another one."""
    folder.mkdir(parents=True, exist_ok=True)
    model = onnx.parser.parse_model(_DARKER if is_darker else _MEANS).SerializeToString()
    (folder / "model.onnx").write_bytes(model)
    record = {
        "name": name,
        "model": "model.onnx",
        "sha256": hashlib.sha256(model).hexdigest(),
        "input": "image",
        "layout": "NHWC",
        "input_size": 8,
        "embedding_output": "pooled",
        "dimension": 3,
        "licence": "MIT",
    }
    (folder / "record.json").write_text(json.dumps(record))
    return folder
